// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl raw: a PDU as it stands, function code first; the kernel adds unit and CRC */
#include <string.h>
#include <openssl/crypto.h>

#include "cli.h"
#include "cmd.h"
#include "exchange.h"
#include "names.h"
#include "show.h"

#define EXCEPTION	0x80

/* "2b0e0100", or the same in several words, each of whole bytes. */
static int parse_bytes(struct cli *cli, char **words, uint8_t *pdu, uint16_t *bytes)
{
	const char *word;
	size_t i;

	for (; *words; words++) {
		word = *words;
		if (strspn(word, "0123456789abcdefABCDEF") != strlen(word) || strlen(word) % 2)
			return cli_fail(cli, CLI_USAGE,
					"bytes must be pairs of hexadecimal digits: '%s'", word);
		for (i = 0; word[i]; i += 2) {
			if (*bytes == OHT_PDU_BYTES_MAX)
				return cli_fail(cli, CLI_USAGE, "at most %d bytes: '%s' is beyond",
						OHT_PDU_BYTES_MAX, word + i);
			pdu[(*bytes)++] = (uint8_t)(OPENSSL_hexchar2int((unsigned char)word[i]) << 4 |
						OPENSSL_hexchar2int((unsigned char)word[i + 1]));
		}
	}
	if (!pdu[0] || pdu[0] & EXCEPTION)
		return cli_fail(cli, CLI_USAGE, "the function code must be 01..7F: '%02X'", pdu[0]);
	return 0;
}

static void show_answer_json(struct cli *cli, const struct oht_request *request,
			     const struct oht_reply *reply)
{
	struct json_object *object = json_object_new_object();
	char text[2 * OHT_PDU_BYTES_MAX + 1];

	show_hex(reply->pdu, reply->count, "", text);
	show_add_number(object, "unit", request->unit);
	show_add_number(object, "function", request->pdu[0]);
	show_add_text(object, "pdu", text);
	show_add_effort(object, reply);
	show_json(cli, object);
}

int cmd_raw(struct cli *cli, int count, char **arguments)
{
	uint8_t pdu[OHT_PDU_BYTES_MAX] = { 0 };
	struct oht_request request = { .flags = OHT_REQUEST_RAW, .pdu = pdu };
	char text[3 * OHT_PDU_BYTES_MAX + 1];
	struct oht_reply reply;
	int result = names_target(cli, arguments[0], &request.unit);

	(void)count;
	if (!result)
		result = parse_bytes(cli, arguments + 1, pdu, &request.count);
	exchange_prepare_write(cli, &request);
	if (!result)
		result = exchange_act(cli, &request, &reply);
	if (result)
		return result;
	if (cli->json) {
		show_answer_json(cli, &request, &reply);
	} else if (request.unit == OHT_BROADCAST) {
		fprintf(cli->out, "%u bytes sent to all units, none answers\n", request.count);
	} else {
		show_hex(reply.pdu, reply.count, " ", text);
		fprintf(cli->out, "%s\n", text);
	}
	return CLI_DONE;
}
