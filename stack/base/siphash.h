/*
 * SipHash-2-4, a keyed hash whose values nobody can forge: for sequence
 * numbers, and for cookies that a peer brings back.
 */
#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

#define SIPHASH_KEY_LEN 16

uint64_t siphash(const uint8_t key[SIPHASH_KEY_LEN], const void *bytes,
		 size_t len);

#endif
