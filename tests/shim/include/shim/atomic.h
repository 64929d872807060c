/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Atomics and barriers: the kernel's names over the compiler's __atomic
 * builtins, so that threads in a test race as CPUs do.
 */
#ifndef SHIM_ATOMIC_H
#define SHIM_ATOMIC_H

#include <shim/ctx.h>

#define READ_ONCE(x)	(*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, v) do {						\
	*(volatile typeof(x) *)&(x) = (v);				\
} while (0)
#ifdef __SANITIZE_THREAD__
/*
 * The sanitizer takes a volatile access for a plain one, and does not know that
 * what a pointer points to is read after the pointer.
 */
#undef READ_ONCE
#undef WRITE_ONCE
#define SHIM_IS_POINTER(x)	(__builtin_classify_type(x) == 5)
#define READ_ONCE(x)							\
	__atomic_load_n(&(x), SHIM_IS_POINTER(x) ? __ATOMIC_ACQUIRE :	\
						   __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v)	__atomic_store_n(&(x), v, __ATOMIC_RELAXED)
#endif
#define data_race(e)		(e)

#define smp_mb()		__atomic_thread_fence(__ATOMIC_SEQ_CST)
#define smp_rmb()		__atomic_thread_fence(__ATOMIC_ACQUIRE)
#define smp_wmb()		__atomic_thread_fence(__ATOMIC_RELEASE)
#define mb()			smp_mb()
#define rmb()			smp_rmb()
#define wmb()			smp_wmb()
#define smp_mb__before_atomic()	smp_mb()
#define smp_mb__after_atomic()	smp_mb()
#define smp_mb__after_spinlock() smp_mb()
#define smp_store_mb(x, v)	do { WRITE_ONCE(x, v); smp_mb(); } while (0)
#ifdef SHIM_FAST
#define SHIM_RELEASE_POINT(p)	do { } while (0)
#else
/* Just before the store, or the cmpxchg(): where a test can play another CPU
 * (shim.h).
 */
extern void (*shim_release_hook)(const void *p);
void shim_release_point(const void *p);
#define SHIM_RELEASE_POINT(p)	shim_release_point(p)
#endif
#define smp_store_release(p, v) do {					\
	SHIM_RELEASE_POINT(p);						\
	__atomic_store_n(p, v, __ATOMIC_RELEASE);			\
} while (0)
#define smp_load_acquire(p)	__atomic_load_n(p, __ATOMIC_ACQUIRE)
#ifndef SHIM_FAST
/* Whoever is waited for may be a thread that has no CPU. */
void shim_relax(void);
#define cpu_relax()		shim_relax()
#elif defined(__x86_64__) || defined(__i386__)
#define cpu_relax()		__builtin_ia32_pause()
#else
#define cpu_relax()		barrier()
#endif

typedef struct { int counter; } atomic_t;
typedef struct { s64 counter; } atomic64_t;
typedef struct { long counter; } atomic_long_t;

#define ATOMIC_INIT(i)		{ (i) }
#define ATOMIC64_INIT(i)	{ (i) }
#define ATOMIC_LONG_INIT(i)	{ (i) }

/* Another CPU may come in between reading and exchanging. */
#ifdef SHIM_FAST
#define SHIM_RACE_POINT()	do { } while (0)
#else
void shim_race_point(void);
#define SHIM_RACE_POINT()	shim_race_point()
#endif

/* One set of operations for a type, in one memory order. */
#define SHIM_ATOMIC_ORDER(pfx, at, t, sfx, mo, fail)			\
static inline t pfx##_add_return##sfx(t i, at *v)			\
{ SHIM_RACE_POINT(); return __atomic_add_fetch(&v->counter, i, mo); }	\
static inline t pfx##_sub_return##sfx(t i, at *v)			\
{ SHIM_RACE_POINT(); return __atomic_sub_fetch(&v->counter, i, mo); }	\
static inline t pfx##_inc_return##sfx(at *v)				\
{ SHIM_RACE_POINT(); return __atomic_add_fetch(&v->counter, 1, mo); }	\
static inline t pfx##_dec_return##sfx(at *v)				\
{ SHIM_RACE_POINT(); return __atomic_sub_fetch(&v->counter, 1, mo); }	\
static inline t pfx##_fetch_add##sfx(t i, at *v)			\
{ return __atomic_fetch_add(&v->counter, i, mo); }			\
static inline t pfx##_fetch_sub##sfx(t i, at *v)			\
{ return __atomic_fetch_sub(&v->counter, i, mo); }			\
static inline t pfx##_fetch_inc##sfx(at *v)				\
{ return __atomic_fetch_add(&v->counter, 1, mo); }			\
static inline t pfx##_fetch_dec##sfx(at *v)				\
{ return __atomic_fetch_sub(&v->counter, 1, mo); }			\
static inline t pfx##_fetch_or##sfx(t i, at *v)				\
{ return __atomic_fetch_or(&v->counter, i, mo); }			\
static inline t pfx##_fetch_and##sfx(t i, at *v)			\
{ return __atomic_fetch_and(&v->counter, i, mo); }			\
static inline t pfx##_fetch_andnot##sfx(t i, at *v)			\
{ return __atomic_fetch_and(&v->counter, ~i, mo); }			\
static inline t pfx##_fetch_xor##sfx(t i, at *v)			\
{ return __atomic_fetch_xor(&v->counter, i, mo); }			\
static inline t pfx##_xchg##sfx(at *v, t n)				\
{ return __atomic_exchange_n(&v->counter, n, mo); }			\
static inline bool pfx##_try_cmpxchg##sfx(at *v, t *old, t n)		\
{									\
	SHIM_RACE_POINT();						\
	return __atomic_compare_exchange_n(&v->counter, old, n, false, mo, fail); \
}									\
static inline t pfx##_cmpxchg##sfx(at *v, t old, t n)			\
{ pfx##_try_cmpxchg##sfx(v, &old, n); return old; }

#define SHIM_ATOMIC(pfx, at, t)						\
static inline t pfx##_read(const at *v)					\
{ return __atomic_load_n(&v->counter, __ATOMIC_RELAXED); }		\
static inline t pfx##_read_acquire(const at *v)				\
{ return __atomic_load_n(&v->counter, __ATOMIC_ACQUIRE); }		\
static inline void pfx##_set(at *v, t i)				\
{ __atomic_store_n(&v->counter, i, __ATOMIC_RELAXED); }			\
static inline void pfx##_set_release(at *v, t i)			\
{ __atomic_store_n(&v->counter, i, __ATOMIC_RELEASE); }			\
static inline void pfx##_add(t i, at *v)				\
{ __atomic_fetch_add(&v->counter, i, __ATOMIC_RELAXED); }		\
static inline void pfx##_sub(t i, at *v)				\
{ __atomic_fetch_sub(&v->counter, i, __ATOMIC_RELAXED); }		\
static inline void pfx##_inc(at *v) { pfx##_add(1, v); }		\
static inline void pfx##_dec(at *v) { pfx##_sub(1, v); }		\
static inline void pfx##_or(t i, at *v)					\
{ __atomic_fetch_or(&v->counter, i, __ATOMIC_RELAXED); }		\
static inline void pfx##_and(t i, at *v)				\
{ __atomic_fetch_and(&v->counter, i, __ATOMIC_RELAXED); }		\
static inline void pfx##_andnot(t i, at *v)				\
{ __atomic_fetch_and(&v->counter, ~i, __ATOMIC_RELAXED); }		\
SHIM_ATOMIC_ORDER(pfx, at, t, , __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)	\
SHIM_ATOMIC_ORDER(pfx, at, t, _relaxed, __ATOMIC_RELAXED, __ATOMIC_RELAXED) \
SHIM_ATOMIC_ORDER(pfx, at, t, _acquire, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED) \
SHIM_ATOMIC_ORDER(pfx, at, t, _release, __ATOMIC_RELEASE, __ATOMIC_RELAXED) \
static inline bool pfx##_inc_and_test(at *v)				\
{ return pfx##_inc_return(v) == 0; }					\
static inline bool pfx##_dec_and_test(at *v)				\
{ return pfx##_dec_return(v) == 0; }					\
static inline bool pfx##_sub_and_test(t i, at *v)			\
{ return pfx##_sub_return(i, v) == 0; }					\
static inline bool pfx##_add_negative(t i, at *v)			\
{ return pfx##_add_return(i, v) < 0; }					\
static inline t pfx##_fetch_add_unless(at *v, t a, t u)			\
{									\
	t c = pfx##_read(v);						\
									\
	while (c != u && !pfx##_try_cmpxchg(v, &c, c + a))		\
		;							\
	return c;							\
}									\
static inline bool pfx##_add_unless(at *v, t a, t u)			\
{ return pfx##_fetch_add_unless(v, a, u) != u; }			\
static inline bool pfx##_inc_not_zero(at *v)				\
{ return pfx##_add_unless(v, 1, 0); }					\
static inline bool pfx##_inc_unless_negative(at *v)			\
{									\
	t c = pfx##_read(v);						\
									\
	do {								\
		if (c < 0)						\
			return false;					\
	} while (!pfx##_try_cmpxchg(v, &c, c + 1));			\
	return true;							\
}									\
static inline t pfx##_dec_if_positive(at *v)				\
{									\
	t c = pfx##_read(v);						\
									\
	do {								\
		if (c < 1)						\
			return c - 1;					\
	} while (!pfx##_try_cmpxchg(v, &c, c - 1));			\
	return c - 1;							\
}

SHIM_ATOMIC(atomic, atomic_t, int)
SHIM_ATOMIC(atomic64, atomic64_t, s64)
SHIM_ATOMIC(atomic_long, atomic_long_t, long)

#define xchg(p, v)		__atomic_exchange_n(p, v, __ATOMIC_SEQ_CST)
#define xchg_relaxed(p, v)	__atomic_exchange_n(p, v, __ATOMIC_RELAXED)
#define SHIM_CMPXCHG(p, o, n, mo) ({					\
	typeof(*(p)) o_ = (o);						\
	SHIM_RELEASE_POINT(p);						\
	__atomic_compare_exchange_n(p, (typeof(*(p) + 0) *)&o_, n,	\
				    false, mo, __ATOMIC_RELAXED);	\
	o_; })
#define cmpxchg(p, o, n)	SHIM_CMPXCHG(p, o, n, __ATOMIC_SEQ_CST)
#define cmpxchg_relaxed(p, o, n) SHIM_CMPXCHG(p, o, n, __ATOMIC_RELAXED)
#define cmpxchg_acquire(p, o, n) SHIM_CMPXCHG(p, o, n, __ATOMIC_ACQUIRE)
#define cmpxchg_release(p, o, n) SHIM_CMPXCHG(p, o, n, __ATOMIC_RELEASE)
#define cmpxchg64(p, o, n)	cmpxchg(p, o, n)
#define try_cmpxchg(p, op, n) \
	__atomic_compare_exchange_n(p, op, n, false, __ATOMIC_SEQ_CST,	\
				    __ATOMIC_RELAXED)

typedef struct { atomic_t refs; } refcount_t;

#define REFCOUNT_INIT(n)	{ .refs = ATOMIC_INIT(n) }

static inline void refcount_set(refcount_t *r, int n) { atomic_set(&r->refs, n); }
static inline unsigned int refcount_read(const refcount_t *r)
{
	return atomic_read(&r->refs);
}
static inline void refcount_inc(refcount_t *r)
{
	if (atomic_fetch_add_relaxed(1, &r->refs) <= 0)
		shim_die("refcount_inc() on zero: use after free");
}
static inline bool refcount_inc_not_zero(refcount_t *r)
{
	return atomic_inc_not_zero(&r->refs);
}
static inline bool refcount_dec_and_test(refcount_t *r)
{
	int c = atomic_fetch_sub(1, &r->refs);

	if (c <= 0)
		shim_die("refcount_dec_and_test() below zero");
	return c == 1;
}
static inline void refcount_dec(refcount_t *r)
{
	if (refcount_dec_and_test(r))
		shim_die("refcount_dec() hit zero");
}

struct kref { refcount_t refcount; };

static inline void kref_init(struct kref *k) { refcount_set(&k->refcount, 1); }
static inline void kref_get(struct kref *k) { refcount_inc(&k->refcount); }
static inline int kref_put(struct kref *k, void (*release)(struct kref *k))
{
	if (!refcount_dec_and_test(&k->refcount))
		return 0;
	release(k);
	return 1;
}

/* Bit operations. */
#define BITS_TO_LONGS(n)	DIV_ROUND_UP(n, BITS_PER_LONG)
#define DECLARE_BITMAP(name, n)	unsigned long name[BITS_TO_LONGS(n)]
#define BIT_MASK(n)		(1UL << ((n) % BITS_PER_LONG))
#define BIT_WORD(n)		((n) / BITS_PER_LONG)

static inline void __set_bit(unsigned long n, volatile unsigned long *a)
{
	a[BIT_WORD(n)] |= BIT_MASK(n);
}
static inline void __clear_bit(unsigned long n, volatile unsigned long *a)
{
	a[BIT_WORD(n)] &= ~BIT_MASK(n);
}
static inline void set_bit(unsigned long n, volatile unsigned long *a)
{
	__atomic_fetch_or(&a[BIT_WORD(n)], BIT_MASK(n), __ATOMIC_RELAXED);
}
static inline void clear_bit(unsigned long n, volatile unsigned long *a)
{
	__atomic_fetch_and(&a[BIT_WORD(n)], ~BIT_MASK(n), __ATOMIC_RELAXED);
}
static inline void clear_bit_unlock(unsigned long n, volatile unsigned long *a)
{
	__atomic_fetch_and(&a[BIT_WORD(n)], ~BIT_MASK(n), __ATOMIC_RELEASE);
}
static inline bool test_bit(unsigned long n, const volatile unsigned long *a)
{
	return __atomic_load_n(&a[BIT_WORD(n)], __ATOMIC_RELAXED) & BIT_MASK(n);
}
static inline bool test_and_set_bit(unsigned long n, volatile unsigned long *a)
{
	return __atomic_fetch_or(&a[BIT_WORD(n)], BIT_MASK(n),
				 __ATOMIC_SEQ_CST) & BIT_MASK(n);
}
static inline bool test_and_clear_bit(unsigned long n, volatile unsigned long *a)
{
	return __atomic_fetch_and(&a[BIT_WORD(n)], ~BIT_MASK(n),
				  __ATOMIC_SEQ_CST) & BIT_MASK(n);
}
#define test_and_set_bit_lock(n, a)	test_and_set_bit(n, a)
#define assign_bit(n, a, v)	((v) ? set_bit(n, a) : clear_bit(n, a))

static inline unsigned long __ffs(unsigned long w) { return __builtin_ctzl(w); }
static inline unsigned long __fls(unsigned long w)
{
	return BITS_PER_LONG - 1 - __builtin_clzl(w);
}
static inline unsigned long ffz(unsigned long w) { return __ffs(~w); }
static inline int fls(unsigned int x) { return x ? 32 - __builtin_clz(x) : 0; }
static inline int fls64(u64 x) { return x ? 64 - __builtin_clzll(x) : 0; }
static inline int fls_long(unsigned long x) { return fls64(x); }
#define hweight32(w)		((unsigned int)__builtin_popcount(w))
#define hweight64(w)		((unsigned long)__builtin_popcountll(w))
#define hweight_long(w)		hweight64(w)

static inline unsigned long find_next_bit(const unsigned long *a,
					  unsigned long size, unsigned long n)
{
	while (n < size) {
		unsigned long w = READ_ONCE(a[BIT_WORD(n)]) >>
				  (n % BITS_PER_LONG);

		if (w)
			return min(n + __ffs(w), size);
		n = round_down(n, (unsigned long)BITS_PER_LONG) + BITS_PER_LONG;
	}
	return size;
}
static inline unsigned long find_next_zero_bit(const unsigned long *a,
					       unsigned long size,
					       unsigned long n)
{
	while (n < size) {
		unsigned long w = ~READ_ONCE(a[BIT_WORD(n)]) >>
				  (n % BITS_PER_LONG);

		if (w)
			return min(n + __ffs(w), size);
		n = round_down(n, (unsigned long)BITS_PER_LONG) + BITS_PER_LONG;
	}
	return size;
}
#define find_first_bit(a, size)		find_next_bit(a, size, 0)
#define find_first_zero_bit(a, size)	find_next_zero_bit(a, size, 0)
static inline unsigned long find_last_bit(const unsigned long *a,
					  unsigned long size)
{
	while (size--)
		if (test_bit(size, a))
			return size;
	return (unsigned long)-1;
}
#define for_each_set_bit(bit, a, size)					\
	for ((bit) = find_first_bit(a, size); (bit) < (size);		\
	     (bit) = find_next_bit(a, size, (bit) + 1))
static inline void bitmap_zero(unsigned long *a, unsigned int n)
{
	memset(a, 0, BITS_TO_LONGS(n) * sizeof(long));
}
static inline void bitmap_fill(unsigned long *a, unsigned int n)
{
	memset(a, 0xff, BITS_TO_LONGS(n) * sizeof(long));
}

static inline bool is_power_of_2(unsigned long n) { return n && !(n & (n - 1)); }
#define ilog2(n)		(fls64(n) - 1)
static inline unsigned long roundup_pow_of_two(unsigned long n)
{
	return n <= 1 ? 1 : 1UL << fls64(n - 1);
}
static inline unsigned long rounddown_pow_of_two(unsigned long n)
{
	return 1UL << ilog2(n);
}
static inline int order_base_2(unsigned long n)
{
	return n > 1 ? fls64(n - 1) : 0;
}

static inline u32 hash_32(u32 v, unsigned int bits)
{
	return (v * 0x61c88647u) >> (32 - bits);
}
static inline u32 hash_64(u64 v, unsigned int bits)
{
	return (u32)((v * 0x61c8864680b583ebull) >> (64 - bits));
}
#define hash_long(v, bits)	hash_64(v, bits)
#define hash_ptr(p, bits)	hash_64((unsigned long)(p), bits)

#endif
