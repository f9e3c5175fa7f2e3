/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The directory of a test root: for each of its members NAME.pem, its
 * certificate, and NAME.key, its private key, in PEM.
 */
#ifndef SWSGX_ATTEST_PKI_STORE_H
#define SWSGX_ATTEST_PKI_STORE_H

#include "attest/pki/pki.h"

/* 0; -ENOENT without a complaint; -1 after one. */
int store_read(struct pki *pki, const char *dir, pki_complain complain);

/*
 * The directory appears whole or not at all, and replaces no other.  Folders
 * above it are made.  0; -EEXIST if there is one; or another -errno.
 */
int store_write(const struct pki *pki, const char *dir);

#endif
