/* SPDX-License-Identifier: GPL-2.0 */
/* Linked lists and the red-black tree interface. */
#ifndef SHIM_LIST_H
#define SHIM_LIST_H

#include <shim/rcu.h>

struct list_head { struct list_head *next, *prev; };
struct hlist_node { struct hlist_node *next, **pprev; };
struct hlist_head { struct hlist_node *first; };

#define LIST_POISON1		((void *)0x100)
#define LIST_POISON2		((void *)0x122)
#define LIST_HEAD_INIT(n)	{ &(n), &(n) }
#define LIST_HEAD(n)		struct list_head n = LIST_HEAD_INIT(n)

static inline void INIT_LIST_HEAD(struct list_head *h)
{
	WRITE_ONCE(h->next, h);
	h->prev = h;
}
#define INIT_LIST_HEAD_RCU(h)	INIT_LIST_HEAD(h)

static inline void shim_list_insert(struct list_head *n, struct list_head *prev,
				    struct list_head *next)
{
#ifndef SHIM_FAST
	if (prev->next != next || next->prev != prev)
		shim_die("list corruption on insertion");
	if (n == prev || n == next)
		shim_die("list: entry added twice");
#endif
	n->next = next;
	n->prev = prev;
	next->prev = n;
	__atomic_store_n(&prev->next, n, __ATOMIC_RELEASE);
}
#define list_add(n, h)		shim_list_insert(n, h, (h)->next)
#define list_add_tail(n, h)	shim_list_insert(n, (h)->prev, h)
#define list_add_rcu(n, h)	list_add(n, h)
#define list_add_tail_rcu(n, h)	list_add_tail(n, h)

static inline void __list_del_entry(struct list_head *e)
{
#ifndef SHIM_FAST
	if (e->prev == LIST_POISON2 || e->prev->next != e || e->next->prev != e)
		shim_die("list corruption on deletion");
#endif
	e->next->prev = e->prev;
	WRITE_ONCE(e->prev->next, e->next);
}
static inline void list_del(struct list_head *e)
{
	__list_del_entry(e);
	e->next = LIST_POISON1;
	e->prev = LIST_POISON2;
}
static inline void list_del_rcu(struct list_head *e)
{
	__list_del_entry(e);
	e->prev = LIST_POISON2;
}
static inline void list_del_init(struct list_head *e)
{
	__list_del_entry(e);
	INIT_LIST_HEAD(e);
}
static inline void list_replace_rcu(struct list_head *old, struct list_head *n)
{
	n->next = old->next;
	n->prev = old->prev;
	__atomic_store_n(&n->prev->next, n, __ATOMIC_RELEASE);
	n->next->prev = n;
	old->prev = LIST_POISON2;
}
#define list_replace(o, n)	list_replace_rcu(o, n)
static inline int list_empty(const struct list_head *h)
{
	return READ_ONCE(h->next) == h;
}
static inline int list_is_singular(const struct list_head *h)
{
	return !list_empty(h) && h->next == h->prev;
}
static inline int list_is_last(const struct list_head *e, const struct list_head *h)
{
	return e->next == h;
}
static inline int list_is_first(const struct list_head *e, const struct list_head *h)
{
	return e->prev == h;
}
static inline void list_move(struct list_head *e, struct list_head *h)
{
	__list_del_entry(e);
	list_add(e, h);
}
static inline void list_move_tail(struct list_head *e, struct list_head *h)
{
	__list_del_entry(e);
	list_add_tail(e, h);
}
static inline void list_splice_init(struct list_head *l, struct list_head *h)
{
	if (list_empty(l))
		return;
	l->next->prev = h;
	l->prev->next = h->next;
	h->next->prev = l->prev;
	h->next = l->next;
	INIT_LIST_HEAD(l);
}
static inline void list_splice_tail_init(struct list_head *l, struct list_head *h)
{
	list_splice_init(l, h->prev);
}

#define list_entry(p, t, m)	container_of(p, t, m)
#define list_entry_rcu(p, t, m)	container_of(READ_ONCE(p), t, m)
#define list_first_entry(h, t, m)	list_entry((h)->next, t, m)
#define list_last_entry(h, t, m)	list_entry((h)->prev, t, m)
#define list_first_entry_or_null(h, t, m) \
	(list_empty(h) ? NULL : list_first_entry(h, t, m))
#define list_first_or_null_rcu(h, t, m)	list_first_entry_or_null(h, t, m)
#define list_next_entry(p, m)	list_entry((p)->m.next, typeof(*(p)), m)
#define list_prev_entry(p, m)	list_entry((p)->m.prev, typeof(*(p)), m)
#define list_next_rcu(l)	(*((struct list_head **)(&(l)->next)))
#define list_entry_is_head(p, h, m)	(&(p)->m == (h))

#define list_for_each(p, h) \
	for (p = (h)->next; p != (h); p = p->next)
#define list_for_each_safe(p, n, h) \
	for (p = (h)->next, n = p->next; p != (h); p = n, n = p->next)
#define list_for_each_entry(p, h, m)					\
	for (p = list_first_entry(h, typeof(*p), m);			\
	     !list_entry_is_head(p, h, m); p = list_next_entry(p, m))
#define list_for_each_entry_reverse(p, h, m)				\
	for (p = list_last_entry(h, typeof(*p), m);			\
	     !list_entry_is_head(p, h, m); p = list_prev_entry(p, m))
#define list_for_each_entry_continue(p, h, m)				\
	for (p = list_next_entry(p, m);					\
	     !list_entry_is_head(p, h, m); p = list_next_entry(p, m))
#define list_for_each_entry_from(p, h, m) \
	for (; !list_entry_is_head(p, h, m); p = list_next_entry(p, m))
#define list_for_each_entry_safe(p, n, h, m)				\
	for (p = list_first_entry(h, typeof(*p), m),			\
	     n = list_next_entry(p, m);					\
	     !list_entry_is_head(p, h, m);				\
	     p = n, n = list_next_entry(n, m))
#ifdef SHIM_FAST
#define SHIM_RCU_LIST(cond)	((void)0)
#else
void shim_rcu_list_check(bool ok);
#define SHIM_RCU_LIST(cond)	shim_rcu_list_check(rcu_read_lock_held() || (cond + 0))
#endif
#define list_for_each_entry_rcu(p, h, m, cond...)			\
	for (SHIM_RCU_LIST(cond), p = list_entry_rcu((h)->next, typeof(*p), m); \
	     &p->m != (h); p = list_entry_rcu(p->m.next, typeof(*p), m))
#define list_for_each_entry_continue_rcu(p, h, m)			\
	for (p = list_entry_rcu(p->m.next, typeof(*p), m);		\
	     &p->m != (h); p = list_entry_rcu(p->m.next, typeof(*p), m))

#define HLIST_HEAD_INIT		{ .first = NULL }
#define HLIST_HEAD(n)		struct hlist_head n = HLIST_HEAD_INIT
#define INIT_HLIST_HEAD(h)	((h)->first = NULL)
static inline void INIT_HLIST_NODE(struct hlist_node *n)
{
	n->next = NULL;
	n->pprev = NULL;
}
static inline int hlist_unhashed(const struct hlist_node *n) { return !n->pprev; }
static inline int hlist_empty(const struct hlist_head *h)
{
	return !READ_ONCE(h->first);
}
static inline void hlist_add_head(struct hlist_node *n, struct hlist_head *h)
{
	n->next = h->first;
	n->pprev = &h->first;
	if (h->first)
		h->first->pprev = &n->next;
	__atomic_store_n(&h->first, n, __ATOMIC_RELEASE);
}
#define hlist_add_head_rcu(n, h)	hlist_add_head(n, h)
static inline void __hlist_del(struct hlist_node *n)
{
	WRITE_ONCE(*n->pprev, n->next);
	if (n->next)
		n->next->pprev = n->pprev;
}
static inline void hlist_del_rcu(struct hlist_node *n)
{
	__hlist_del(n);
	n->pprev = LIST_POISON2;
}
static inline void hlist_del(struct hlist_node *n)
{
	hlist_del_rcu(n);
	n->next = LIST_POISON1;
}
static inline void hlist_del_init(struct hlist_node *n)
{
	if (hlist_unhashed(n))
		return;
	__hlist_del(n);
	INIT_HLIST_NODE(n);
}
static inline void hlist_del_init_rcu(struct hlist_node *n)
{
	if (hlist_unhashed(n))
		return;
	__hlist_del(n);
	n->pprev = NULL;
}
#define hlist_entry(p, t, m)	container_of(p, t, m)
#define hlist_entry_safe(p, t, m) ({					\
	typeof(p) he_ = (p);						\
	he_ ? hlist_entry(he_, t, m) : NULL; })
#define hlist_for_each_entry(p, h, m)					\
	for (p = hlist_entry_safe((h)->first, typeof(*p), m); p;	\
	     p = hlist_entry_safe(p->m.next, typeof(*p), m))
#define hlist_for_each_entry_safe(p, n, h, m)				\
	for (p = hlist_entry_safe((h)->first, typeof(*p), m);		\
	     p && ({ n = p->m.next; 1; });				\
	     p = hlist_entry_safe(n, typeof(*p), m))
#define hlist_for_each_entry_rcu(p, h, m, cond...)			\
	for (SHIM_RCU_LIST(cond),					\
	     p = hlist_entry_safe(READ_ONCE((h)->first), typeof(*p), m); p; \
	     p = hlist_entry_safe(READ_ONCE(p->m.next), typeof(*p), m))

#define DECLARE_HASHTABLE(name, bits)	struct hlist_head name[1 << (bits)]
#define DEFINE_HASHTABLE(name, bits) \
	struct hlist_head name[1 << (bits)] = { HLIST_HEAD_INIT }
#define HASH_SIZE(name)		ARRAY_SIZE(name)
#define HASH_BITS(name)		ilog2(HASH_SIZE(name))
#define hash_init(t)		memset(t, 0, sizeof(t))
#define hash_min(v, bits)	hash_64(v, bits)
#define hash_add(t, n, k)	hlist_add_head(n, &(t)[hash_min(k, HASH_BITS(t))])
#define hash_add_rcu(t, n, k)	hash_add(t, n, k)
#define hash_del(n)		hlist_del_init(n)
#define hash_del_rcu(n)		hlist_del_init_rcu(n)
#define hash_for_each_possible(t, p, m, k) \
	hlist_for_each_entry(p, &(t)[hash_min(k, HASH_BITS(t))], m)
#define hash_for_each_possible_rcu(t, p, m, k, cond...) \
	hlist_for_each_entry_rcu(p, &(t)[hash_min(k, HASH_BITS(t))], m, ##cond)
#define hash_for_each(t, b, p, m)					\
	for ((b) = 0, p = NULL; !p && (b) < (int)HASH_SIZE(t); (b)++)	\
		hlist_for_each_entry(p, &(t)[b], m)
#define hash_for_each_safe(t, b, tmp, p, m)				\
	for ((b) = 0, p = NULL; !p && (b) < (int)HASH_SIZE(t); (b)++)	\
		hlist_for_each_entry_safe(p, tmp, &(t)[b], m)

/* Lock-free stack. */
struct llist_node { struct llist_node *next; };
struct llist_head { struct llist_node *first; };
#define LLIST_HEAD_INIT(n)	{ NULL }
#define LLIST_HEAD(n)		struct llist_head n = LLIST_HEAD_INIT(n)
static inline void init_llist_head(struct llist_head *h) { h->first = NULL; }
static inline bool llist_empty(const struct llist_head *h)
{
	return !READ_ONCE(h->first);
}
static inline bool llist_add(struct llist_node *n, struct llist_head *h)
{
	struct llist_node *first = READ_ONCE(h->first);

	do {
		n->next = first;
	} while (!try_cmpxchg(&h->first, &first, n));
	return !first;
}
static inline struct llist_node *llist_del_all(struct llist_head *h)
{
	return xchg(&h->first, NULL);
}
#define llist_entry(p, t, m)	container_of(p, t, m)
#define llist_for_each_safe(p, n, node) \
	for (p = (node); p && ((n) = p->next, true); p = (n))

/* Red-black trees: same layout and calls as the kernel's, other code. */
struct rb_node {
	unsigned long __rb_parent_color;
	struct rb_node *rb_right;
	struct rb_node *rb_left;
} __aligned(sizeof(long));
struct rb_root { struct rb_node *rb_node; };
struct rb_root_cached {
	struct rb_root rb_root;
	struct rb_node *rb_leftmost;
};
#define RB_ROOT			((struct rb_root){ NULL })
#define RB_ROOT_CACHED		((struct rb_root_cached){ { NULL }, NULL })
#define rb_parent(r)		((struct rb_node *)((r)->__rb_parent_color & ~3UL))
#define rb_entry(p, t, m)	container_of(p, t, m)
#define rb_entry_safe(p, t, m) ({					\
	typeof(p) re_ = (p);						\
	re_ ? rb_entry(re_, t, m) : NULL; })
#define RB_EMPTY_ROOT(root)	(READ_ONCE((root)->rb_node) == NULL)
#define RB_EMPTY_NODE(n)	((n)->__rb_parent_color == (unsigned long)(n))
#define RB_CLEAR_NODE(n)	((n)->__rb_parent_color = (unsigned long)(n))
#define rb_first_cached(root)	((root)->rb_leftmost)

static inline void rb_link_node(struct rb_node *n, struct rb_node *parent,
				struct rb_node **link)
{
	n->__rb_parent_color = (unsigned long)parent;
	n->rb_left = NULL;
	n->rb_right = NULL;
	*link = n;
}
void rb_insert_color(struct rb_node *n, struct rb_root *root);
void rb_erase(struct rb_node *n, struct rb_root *root);
struct rb_node *rb_first(const struct rb_root *root);
struct rb_node *rb_last(const struct rb_root *root);
struct rb_node *rb_next(const struct rb_node *n);
struct rb_node *rb_prev(const struct rb_node *n);
void rb_replace_node(struct rb_node *victim, struct rb_node *n,
		     struct rb_root *root);

static inline void rb_insert_color_cached(struct rb_node *n,
					  struct rb_root_cached *root,
					  bool leftmost)
{
	if (leftmost)
		root->rb_leftmost = n;
	rb_insert_color(n, &root->rb_root);
}
static inline struct rb_node *rb_erase_cached(struct rb_node *n,
					      struct rb_root_cached *root)
{
	struct rb_node *leftmost = NULL;

	if (root->rb_leftmost == n)
		leftmost = root->rb_leftmost = rb_next(n);
	rb_erase(n, &root->rb_root);
	return leftmost;
}
static inline void rb_add(struct rb_node *n, struct rb_root *tree,
			  bool (*less)(struct rb_node *a, const struct rb_node *b))
{
	struct rb_node **link = &tree->rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = less(n, parent) ? &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(n, parent, link);
	rb_insert_color(n, tree);
}
static inline struct rb_node *
rb_add_cached(struct rb_node *n, struct rb_root_cached *tree,
	      bool (*less)(struct rb_node *a, const struct rb_node *b))
{
	struct rb_node **link = &tree->rb_root.rb_node, *parent = NULL;
	bool leftmost = true;

	while (*link) {
		parent = *link;
		if (less(n, parent)) {
			link = &parent->rb_left;
		} else {
			link = &parent->rb_right;
			leftmost = false;
		}
	}
	rb_link_node(n, parent, link);
	rb_insert_color_cached(n, tree, leftmost);
	return leftmost ? n : NULL;
}

#endif
