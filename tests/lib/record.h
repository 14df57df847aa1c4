/* SPDX-License-Identifier: GPL-2.0 */
/* Receives records of the kernel's TLS together with their type. */
#ifndef ZCOPY_TESTS_RECORD_H
#define ZCOPY_TESTS_RECORD_H

#include <stdbool.h>
#include <sys/types.h>

/* As recv(2), with the content type of the record; 23: data */
ssize_t record_take(int fd, void *buf, size_t len, unsigned char *type);
/* As recv(2), which fails for a record that has no data.  True in @ends: close_notify. */
ssize_t record_recv(int fd, char *buf, size_t len, bool *ends);

#endif
