// SPDX-License-Identifier: GPL-2.0-or-later
/// <reference types="vite/client" />
