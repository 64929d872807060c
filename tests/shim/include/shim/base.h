/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Types, compiler annotations and small arithmetic of the kernel, as far as
 * schedulers use them.
 */
#ifndef SHIM_BASE_H
#define SHIM_BASE_H

#include_next <linux/types.h>

#include <endian.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#ifndef ENOTSUPP
#define ENOTSUPP	524
#endif

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s8 s8;
typedef __s16 s16;
typedef __s32 s32;
typedef __s64 s64;
typedef unsigned int gfp_t;
typedef s64 ktime_t;

#define U8_MAX		((u8)~0U)
#define U16_MAX		((u16)~0U)
#define U32_MAX		((u32)~0U)
#define S32_MAX		((s32)(U32_MAX >> 1))
#define S32_MIN		((s32)(-S32_MAX - 1))
#define U64_MAX		((u64)~0ULL)
#define S64_MAX		((s64)(U64_MAX >> 1))
#define S64_MIN		((s64)(-S64_MAX - 1))

/* Annotations that only sparse, the linker or a real machine care about. */
#define __rcu
#define __percpu
#define __user
#define __force
#define __iomem
#define __kernel
#define __init
#define __exit
#define __initdata
#define __initconst
#define __read_mostly
#define __ro_after_init
#define __acquires(x)
#define __releases(x)
#define __must_hold(x)
#define __bitwise
#undef __counted_by
#define __counted_by(member)
#define __maybe_unused		__attribute__((__unused__))
#define __always_unused		__attribute__((__unused__))
#ifndef __must_check
#define __must_check		__attribute__((__warn_unused_result__))
#endif
#define __printf(a, b)		__attribute__((__format__(printf, a, b)))
#define __packed		__attribute__((__packed__))
#define __aligned(x)		__attribute__((__aligned__(x)))
#define __weak			__attribute__((__weak__))
#define __cold			__attribute__((__cold__))
#define __noreturn		__attribute__((__noreturn__))
#ifndef __always_inline
#define __always_inline		inline __attribute__((__always_inline__))
#endif
#define noinline		__attribute__((__noinline__))
#define fallthrough		__attribute__((__fallthrough__))
#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)
#define barrier()		__asm__ __volatile__("" : : : "memory")
#define prefetch(x)		__builtin_prefetch(x)
#define prefetchw(x)		__builtin_prefetch(x, 1)
#define SMP_CACHE_BYTES		64
#define L1_CACHE_BYTES		64
#define ____cacheline_aligned	__aligned(SMP_CACHE_BYTES)
#define ____cacheline_aligned_in_smp ____cacheline_aligned
#define __cacheline_aligned_in_smp ____cacheline_aligned
#define PAGE_SIZE		4096UL
#define BITS_PER_LONG		64

#define __stringify_1(x...)	#x
#define __stringify(x...)	__stringify_1(x)
#define SHIM_CAT_(a, b)		a##b
#define SHIM_CAT(a, b)		SHIM_CAT_(a, b)
#define __UNIQUE_ID(prefix)	SHIM_CAT(SHIM_CAT(__shim_id_, prefix), __COUNTER__)

/* CONFIG_X=1 reads as true, an unset one as false, as with kbuild. */
#define SHIM_ARG_1		0,
#define SHIM_SECOND(a, b, ...)	b
#define SHIM_IS_SET__(x)	SHIM_SECOND(x 1, 0, 0)
#define SHIM_IS_SET_(v)		SHIM_IS_SET__(SHIM_ARG_##v)
#define SHIM_IS_SET(x)		SHIM_IS_SET_(x)
#define IS_ENABLED(option)	SHIM_IS_SET(option)
#define IS_BUILTIN(option)	SHIM_IS_SET(option)
#define IS_MODULE(option)	0
#define CONFIG_IP_VS_IPV6	1
#define CONFIG_SMP		1
#define CONFIG_64BIT		1
#if defined(__x86_64__)
#define CONFIG_X86		1
#endif

#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define sizeof_field(t, m)	sizeof(((t *)0)->m)
#define offsetofend(t, m)	(offsetof(t, m) + sizeof_field(t, m))
#define container_of(ptr, type, member)					\
	((type *)((char *)(ptr) - offsetof(type, member)))
#define typeof_member(T, m)	typeof(((T *)0)->m)
#ifndef static_assert
#define static_assert(e, ...)	_Static_assert(e, "" __VA_ARGS__)
#endif
#define BUILD_BUG_ON_MSG(c, msg) _Static_assert(!(c), msg)
#define BUILD_BUG_ON(c)		_Static_assert(!(c), "BUILD_BUG_ON: " #c)
#define BUILD_BUG_ON_ZERO(c)	((int)sizeof(struct { int: (-!!(c)); }))
#define BUILD_BUG_ON_NOT_POWER_OF_2(n) \
	BUILD_BUG_ON((n) == 0 || (((n) & ((n) - 1)) != 0))

#define SHIM_CMP(x, y, op) ({						\
	__auto_type x_ = (x);						\
	__auto_type y_ = (y);						\
	x_ op y_ ? x_ : y_; })
#define min(x, y)		SHIM_CMP(x, y, <)
#define max(x, y)		SHIM_CMP(x, y, >)
#define min_t(t, x, y)		SHIM_CMP((t)(x), (t)(y), <)
#define max_t(t, x, y)		SHIM_CMP((t)(x), (t)(y), >)
#define min3(x, y, z)		min(min(x, y), z)
#define max3(x, y, z)		max(max(x, y), z)
#define clamp(v, lo, hi)	min(max(v, lo), hi)
#define clamp_t(t, v, lo, hi)	min_t(t, max_t(t, v, lo), hi)
#define clamp_val(v, lo, hi)	clamp_t(typeof(v), v, lo, hi)
#define swap(a, b) do {							\
	typeof(a) swap_ = (a);						\
	(a) = (b);							\
	(b) = swap_;							\
} while (0)
#define abs(x) ({ __auto_type abs_ = (x); abs_ < 0 ? -abs_ : abs_; })
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define DIV_ROUND_UP_ULL(n, d)	DIV_ROUND_UP((u64)(n), d)
#define DIV_ROUND_CLOSEST(n, d)	(((n) + (d) / 2) / (d))
#define round_up(x, y)		((((x) - 1) | ((typeof(x))(y) - 1)) + 1)
#define round_down(x, y)	((x) & ~((typeof(x))(y) - 1))
#define roundup(x, y)		(DIV_ROUND_UP(x, y) * (y))
#define ALIGN(x, a)		round_up(x, a)
#define IS_ALIGNED(x, a)	(((x) & ((typeof(x))(a) - 1)) == 0)
#define BIT(n)			(1UL << (n))
#define BIT_ULL(n)		(1ULL << (n))
#define GENMASK(h, l)		((~0UL << (l)) & (~0UL >> (63 - (h))))
#define lower_32_bits(n)	((u32)(n))
#define upper_32_bits(n)	((u32)((u64)(n) >> 32))

#define MAX_ERRNO		4095
#define IS_ERR_VALUE(x)		((unsigned long)(x) >= (unsigned long)-MAX_ERRNO)
static inline void *ERR_PTR(long error) { return (void *)error; }
static inline long PTR_ERR(const void *p) { return (long)p; }
static inline bool IS_ERR(const void *p) { return IS_ERR_VALUE(p); }
static inline bool IS_ERR_OR_NULL(const void *p) { return !p || IS_ERR(p); }
static inline int PTR_ERR_OR_ZERO(const void *p)
{
	return IS_ERR(p) ? (int)PTR_ERR(p) : 0;
}
#define ERR_CAST(p)		((void *)(p))

#define check_add_overflow(a, b, d)	__builtin_add_overflow(a, b, d)
#define check_sub_overflow(a, b, d)	__builtin_sub_overflow(a, b, d)
#define check_mul_overflow(a, b, d)	__builtin_mul_overflow(a, b, d)

static inline size_t size_mul(size_t a, size_t b)
{
	size_t r;

	return __builtin_mul_overflow(a, b, &r) ? SIZE_MAX : r;
}

static inline size_t size_add(size_t a, size_t b)
{
	size_t r;

	return __builtin_add_overflow(a, b, &r) ? SIZE_MAX : r;
}

#define array_size(a, b)	size_mul(a, b)
#define flex_array_size(p, member, n)	size_mul(n, sizeof(*(p)->member))
#define struct_size(p, member, n) \
	size_add(sizeof(*(p)), flex_array_size(p, member, n))
#define struct_size_t(t, member, n)	struct_size((t *)NULL, member, n)

static inline u64 div_u64(u64 a, u32 b) { return a / b; }
static inline u64 div64_u64(u64 a, u64 b) { return a / b; }
static inline s64 div_s64(s64 a, s32 b) { return a / b; }
static inline s64 div64_s64(s64 a, s64 b) { return a / b; }
static inline u64 div_u64_rem(u64 a, u32 b, u32 *r)
{
	*r = a % b;
	return a / b;
}
static inline u64 div64_u64_rem(u64 a, u64 b, u64 *r)
{
	*r = a % b;
	return a / b;
}
static inline u64 mul_u32_u32(u32 a, u32 b) { return (u64)a * b; }
static inline u64 mul_u64_u32_shr(u64 a, u32 mul, unsigned int shift)
{
	return (u64)(((unsigned __int128)a * mul) >> shift);
}
static inline u64 mul_u64_u64_div_u64(u64 a, u64 mul, u64 div)
{
	return (u64)((unsigned __int128)a * mul / div);
}
#define do_div(n, base) ({						\
	u32 rem_ = (u32)((n) % (u32)(base));				\
	(n) = (n) / (u32)(base);					\
	rem_; })

static inline unsigned long gcd(unsigned long a, unsigned long b)
{
	while (b) {
		unsigned long t = a % b;

		a = b;
		b = t;
	}
	return a;
}

#define cpu_to_be16(x)		((__be16)htobe16(x))
#define cpu_to_be32(x)		((__be32)htobe32(x))
#define be16_to_cpu(x)		be16toh(x)
#define be32_to_cpu(x)		be32toh(x)

#define HZ			250
#define MSEC_PER_SEC		1000L
#define USEC_PER_SEC		1000000L
#define USEC_PER_MSEC		1000L
#define NSEC_PER_MSEC		1000000L
#define NSEC_PER_USEC		1000L
#define NSEC_PER_SEC		1000000000L
#define MAX_JIFFY_OFFSET	((LONG_MAX >> 1) - 1)

#define KERN_EMERG	"\0010"
#define KERN_ALERT	"\0011"
#define KERN_CRIT	"\0012"
#define KERN_ERR	"\0013"
#define KERN_WARNING	"\0014"
#define KERN_NOTICE	"\0015"
#define KERN_INFO	"\0016"
#define KERN_DEBUG	"\0017"

ssize_t strscpy(char *dst, const char *src, size_t size);
int scnprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);

#endif
