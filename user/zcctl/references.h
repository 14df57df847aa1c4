/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The words of enum zcopy_references, and the settings that have such a value.
 */
#ifndef ZCCTL_REFERENCES_H
#define ZCCTL_REFERENCES_H

#include <stdbool.h>
#include <stdint.h>

struct json_object;
struct zcopy_nl;

/** references_is() - is this limit a setting whose value has words? */
bool references_is(const char *limit);

/** references_word() - word for a value, NULL if it has none */
const char *references_word(uint64_t value);

/** references_parse() - value of a word; 0 or -EINVAL */
int references_parse(const char *word, uint64_t *value);

/**
 * references_ask() - add both settings to an object, under their names
 * @nl: netlink, open
 * @obj: gets a word for each, or null if the module does not have it
 *
 * Return: 0 or a negative errno.
 */
int references_ask(struct zcopy_nl *nl, struct json_object *obj);

#endif /* ZCCTL_REFERENCES_H */
