// SPDX-License-Identifier: GPL-2.0
/* Rates, times and sizes, in the words of tc. */
#include "units.h"

#include <inttypes.h>
#include <stdio.h>
#include <strings.h>

/* At most six digits behind the point: with the largest unit that fits 64 bits. */
#define SCALE_MAX 1000000ULL

/* What a unit is worth: @times / @by of the smallest one. */
struct unit {
	const char *name;
	uint64_t times;
	uint64_t by;
};

#define KI 1024ULL
#define K 1000ULL

static const struct unit rates[] = {
	{ "", 1, 8 }, { "bit", 1, 8 },
	{ "kbit", K, 8 }, { "mbit", K * K, 8 }, { "gbit", K * K * K, 8 },
	{ "tbit", K * K * K * K, 8 },
	{ "kibit", KI, 8 }, { "mibit", KI * KI, 8 }, { "gibit", KI * KI * KI, 8 },
	{ "tibit", KI * KI * KI * KI, 8 },
	{ "bps", 1, 1 },
	{ "kbps", K, 1 }, { "mbps", K * K, 1 }, { "gbps", K * K * K, 1 },
	{ "tbps", K * K * K * K, 1 },
	{ "kibps", KI, 1 }, { "mibps", KI * KI, 1 }, { "gibps", KI * KI * KI, 1 },
	{ "tibps", KI * KI * KI * KI, 1 },
	{ NULL, 0, 0 }
};

static const struct unit times[] = {
	{ "", 1, 1 }, { "us", 1, 1 }, { "usec", 1, 1 }, { "usecs", 1, 1 },
	{ "ms", K, 1 }, { "msec", K, 1 }, { "msecs", K, 1 },
	{ "s", K * K, 1 }, { "sec", K * K, 1 }, { "secs", K * K, 1 },
	{ NULL, 0, 0 }
};

/* Without unit: seconds from the first row on, milliseconds from the second. */
static const struct unit ms_times[] = {
	{ "", K, 1 },
	{ "", 1, 1 }, { "ms", 1, 1 }, { "msec", 1, 1 }, { "msecs", 1, 1 },
	{ "us", 1, K }, { "usec", 1, K }, { "usecs", 1, K },
	{ "s", K, 1 }, { "sec", K, 1 }, { "secs", K, 1 },
	{ "min", 60 * K, 1 }, { "h", 3600 * K, 1 },
	{ NULL, 0, 0 }
};

static const struct unit sizes[] = {
	{ "", 1, 1 }, { "b", 1, 1 }, { "k", KI, 1 }, { "kb", KI, 1 },
	{ "m", KI * KI, 1 }, { "mb", KI * KI, 1 },
	{ "g", KI * KI * KI, 1 }, { "gb", KI * KI * KI, 1 },
	{ NULL, 0, 0 }
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* @rest: whether something below the smallest unit was cut off */
static bool parse(const struct unit *unit, const char *text, uint64_t *value, bool *rest)
{
	uint64_t whole = 0, fraction = 0, scale = 1, part;

	if (!is_digit(*text))
		return false;
	for (; is_digit(*text); text++)
		if (__builtin_mul_overflow(whole, 10, &whole) ||
		    __builtin_add_overflow(whole, *text - '0', &whole))
			return false;
	if (*text == '.') {
		if (!is_digit(*++text))
			return false;
		for (; is_digit(*text); text++) {
			if (scale == SCALE_MAX)
				return false;
			fraction = fraction * 10 + (*text - '0');
			scale *= 10;
		}
	}
	for (; unit->name && strcasecmp(unit->name, text); unit++)
		;
	if (!unit->name || __builtin_mul_overflow(whole, unit->times, &whole))
		return false;
	/* What the whole leaves below the smallest unit counts with the fraction. */
	part = whole % unit->by * scale + fraction * unit->times;
	*rest = part % (unit->by * scale);
	return !__builtin_add_overflow(whole / unit->by, part / (unit->by * scale), value);
}

bool rate_parse(const char *text, uint64_t *rate)
{
	bool rest;

	return parse(rates, text, rate, &rest);
}

bool time_parse(const char *text, uint64_t *us)
{
	bool rest;

	return parse(times, text, us, &rest);
}

bool ms_parse(const char *text, bool seconds, uint64_t *ms)
{
	bool rest;

	return parse(ms_times + !seconds, text, ms, &rest) && !rest;
}

bool size_parse(const char *text, uint64_t *bytes)
{
	bool rest;

	return parse(sizes, text, bytes, &rest) && !rest;
}

const char *rate_text(uint64_t rate, char *buf)
{
	static const char * const unit[] = { "bit", "kbit", "mbit", "gbit", "tbit" };
	uint64_t bits;
	int i;

	if (__builtin_mul_overflow(rate, 8, &bits)) {
		snprintf(buf, UNITS_LEN, "%" PRIu64 "bps", rate);
		return buf;
	}
	for (i = 0; i < 4 && bits && bits % K == 0; i++)
		bits /= K;
	snprintf(buf, UNITS_LEN, "%" PRIu64 "%s", bits, unit[i]);
	return buf;
}

static const char *put_time(uint64_t n, const char * const *unit, char *buf)
{
	for (; unit[1] && n && n % K == 0; unit++)
		n /= K;
	snprintf(buf, UNITS_LEN, "%" PRIu64 "%s", n, *unit);
	return buf;
}

const char *time_text(uint64_t us, char *buf)
{
	static const char * const unit[] = { "us", "ms", "s", NULL };

	return put_time(us, unit, buf);
}

const char *ms_text(uint64_t ms, char *buf)
{
	static const char * const unit[] = { "ms", "s", NULL };

	return put_time(ms, unit, buf);
}
