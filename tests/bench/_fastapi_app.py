# SPDX-License-Identifier: GPL-2.0-or-later
"""What the daemon is compared with: FastAPI, which verifies the token of each request and answers with the same members.

OHT_BENCH_ANSWER names a file with the JSON, OHT_BENCH_KEY is the key of the tokens.
"""
import json
import os
import pathlib

import fastapi
import jwt

app = fastapi.FastAPI()
ANSWER = json.loads(pathlib.Path(os.environ["OHT_BENCH_ANSWER"]).read_text(encoding="utf-8"))
KEY = os.environ["OHT_BENCH_KEY"]


def authorized(authorization: str = fastapi.Header("")):
    """Signature, times, issuer and audience, as the daemon checks them."""
    try:
        return jwt.decode(authorization.removeprefix("Bearer "), KEY, algorithms=["HS256"], issuer="ohtd", audience="oht")
    except jwt.InvalidTokenError as error:
        raise fastapi.HTTPException(401) from error


@app.get("/api/v1/robot")
async def robot(who=fastapi.Depends(authorized)):
    """The robot."""
    assert who["sub"]
    return ANSWER
