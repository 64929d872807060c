/* SPDX-License-Identifier: GPL-2.0 */
/* Rates, times and sizes, in the words of tc. */
#ifndef IPVSADM_EXT_UNITS_H
#define IPVSADM_EXT_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Numbers may have a fraction of up to six digits (1.5gbit); of rates and times,
 * what is below the smallest unit is cut off, as tc does. Units are understood in
 * upper and lower case. Each returns false for what makes no sense, or does not fit.
 */

/**
 * rate_parse() - understand a rate
 * @text: "100mbit", "12mbps" (bytes), "1gibit" (1024s); without unit: bits
 * @rate: where to store it, in bytes per second
 */
bool rate_parse(const char *text, uint64_t *rate);

/**
 * time_parse() - understand a time
 * @text: "20ms", "300us", "1s"; without unit: microseconds
 * @us: where to store it, in microseconds
 */
bool time_parse(const char *text, uint64_t *us);

/**
 * ms_parse() - the same for what the kernel counts in milliseconds
 * @text: "20ms", "1s", "5min", "1h"
 * @seconds: without unit it is seconds, not milliseconds
 * @ms: where to store it, in milliseconds
 *
 * What is no whole number of milliseconds is not understood: it would be another
 * time.
 */
bool ms_parse(const char *text, bool seconds, uint64_t *ms);

/**
 * size_parse() - understand a number of bytes
 * @text: "1500", "64k", "1m", "1g"; units are of 1024
 * @bytes: where to store it
 */
bool size_parse(const char *text, uint64_t *bytes);

/* The reverse, exact: the largest unit of which it is a whole number. Return: @buf. */
#define UNITS_LEN 32
const char *rate_text(uint64_t rate, char *buf);
const char *time_text(uint64_t us, char *buf);
const char *ms_text(uint64_t ms, char *buf);

#endif
