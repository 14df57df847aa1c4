/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Structs that entry points copy from and to user space.  They start with their
 * size and grow at their end only: fields that the caller does not know count as
 * zero, and fields that only the caller knows must be zero.
 */
#ifndef ZC_USER_H
#define ZC_USER_H

#include <linux/fault-inject-usercopy.h>
#include <linux/uaccess.h>

#include "reject.h"

/*
 * Copies whole words in a loop, two at a time: structs here are so short that string
 * instructions, and the checks before these, would take longer.
 */
static inline bool zc_user_get_words(void *to, const void __user *from, size_t n)
{
	const u64 __user *word = from;
	u64 *at = to;

	if (should_fail_usercopy() || !user_read_access_begin(from, n))
		return false;
	if (n % (2 * sizeof(*at))) {
		unsafe_get_user(*at++, word++, fault);
		n -= sizeof(*at);
	}
	for (; n; n -= 2 * sizeof(*at), at += 2, word += 2) {
		unsafe_get_user(at[0], &word[0], fault);
		unsafe_get_user(at[1], &word[1], fault);
	}
	user_read_access_end();
	return true;
fault:
	user_read_access_end();
	return false;
}

static inline bool zc_user_put_words(void __user *to, const void *from, size_t n)
{
	u64 __user *word = to;
	const u64 *at = from;

	if (should_fail_usercopy() || !user_write_access_begin(to, n))
		return false;
	if (n % (2 * sizeof(*at))) {
		unsafe_put_user(*at++, word++, fault);
		n -= sizeof(*at);
	}
	for (; n; n -= 2 * sizeof(*at), at += 2, word += 2) {
		unsafe_put_user(at[0], &word[0], fault);
		unsafe_put_user(at[1], &word[1], fault);
	}
	user_write_access_end();
	return true;
fault:
	user_write_access_end();
	return false;
}

static inline bool zc_user_is_words(const void __user *user, size_t given,
				    size_t known)
{
	return given == known &&
	       IS_ALIGNED((unsigned long)user | known, sizeof(u64));
}

/**
 * zc_user_get - copy structs in that are as long as those here
 * @to: filled in, as far as the memory can be read
 * @from: the caller's structs
 * @n: bytes, whole words
 *
 * Context: Process context with the caller's memory.
 * Return: false if the caller's memory cannot be read.
 */
static inline bool zc_user_get(void *to, const void __user *from, size_t n)
{
	if (likely(zc_user_is_words(from, n, n)))
		return zc_user_get_words(to, from, n);
	return !copy_from_user(to, from, n);
}

/**
 * zc_user_touch - write 0 to the first word and the last byte of a struct
 * @to: the caller's struct
 * @n: its size, at least a word and at most a page
 *
 * Context: Process context with the caller's memory.
 * Return: false if the caller's memory cannot be written.
 */
static inline bool zc_user_touch(void __user *to, size_t n)
{
	if (!user_write_access_begin(to, n))
		return false;
	unsafe_put_user(0, (u32 __user *)to, fault);
	unsafe_put_user(0, (u8 __user *)to + n - 1, fault);
	user_write_access_end();
	return true;
fault:
	user_write_access_end();
	return false;
}

/**
 * zc_user_copy_in - copy a struct in
 * @to: filled in; fields that the caller does not know are 0
 * @known: its size here
 * @least: its size in the first release
 * @from: the caller's struct
 * @given: its size there
 *
 * Context: Process context with the caller's memory.
 * Return: 0, or the errno of a refusal.
 */
static inline int zc_user_copy_in(void *to, size_t known, size_t least,
				  const void __user *from, size_t given)
{
	int err;

	if (likely(zc_user_is_words(from, given, known)))
		return zc_user_get_words(to, from, known) ? 0 :
		       zc_reject(ZC_REJECT_bad_pointer, NULL);
	if (given < least)
		return zc_reject(ZC_REJECT_size_too_small, NULL);
	if (given > PAGE_SIZE)
		return zc_reject(ZC_REJECT_tail_not_zero, NULL);
	err = copy_struct_from_user(to, known, from, given);
	if (err == -E2BIG)
		return zc_reject(ZC_REJECT_tail_not_zero, NULL);
	if (err)
		return zc_reject(ZC_REJECT_bad_pointer, NULL);
	return 0;
}

/**
 * zc_user_put - copy a struct out; zero fields that only the caller knows
 * @to: the caller's struct
 * @given: its size there
 * @from: the struct
 * @known: its size here
 *
 * Context: Process context with the caller's memory.
 * Return: false if the caller's memory cannot be written.
 */
static inline bool zc_user_put(void __user *to, size_t given, const void *from,
			       size_t known)
{
	size_t n = min(given, known);

	if (likely(zc_user_is_words(to, given, known)))
		return zc_user_put_words(to, from, known);
	return !copy_to_user(to, from, n) &&
	       !(given > n && clear_user(to + n, given - n));
}

#endif /* ZC_USER_H */
