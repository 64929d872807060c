// SPDX-License-Identifier: GPL-2.0
/*
 * Red-black trees after Cormen et al., "Introduction to Algorithms", chapter
 * 13, without sentinel. Red is 0, as rb_link_node() leaves it.
 */
#include <shim/list.h>

#define RED	0UL
#define BLACK	1UL

static unsigned long color(const struct rb_node *n)
{
	return n ? n->__rb_parent_color & 1 : BLACK;
}

static void set_color(struct rb_node *n, unsigned long c)
{
	n->__rb_parent_color = (n->__rb_parent_color & ~1UL) | c;
}

static void set_parent(struct rb_node *n, struct rb_node *p)
{
	n->__rb_parent_color = (unsigned long)p | (n->__rb_parent_color & 1);
}

/* Put @n where @old hangs below its parent. */
static void relink(struct rb_root *root, struct rb_node *parent,
		   struct rb_node *old, struct rb_node *n)
{
	if (!parent)
		root->rb_node = n;
	else if (parent->rb_left == old)
		parent->rb_left = n;
	else
		parent->rb_right = n;
}

static void rotate_left(struct rb_node *x, struct rb_root *root)
{
	struct rb_node *y = x->rb_right;

	x->rb_right = y->rb_left;
	if (y->rb_left)
		set_parent(y->rb_left, x);
	set_parent(y, rb_parent(x));
	relink(root, rb_parent(x), x, y);
	y->rb_left = x;
	set_parent(x, y);
}

static void rotate_right(struct rb_node *x, struct rb_root *root)
{
	struct rb_node *y = x->rb_left;

	x->rb_left = y->rb_right;
	if (y->rb_right)
		set_parent(y->rb_right, x);
	set_parent(y, rb_parent(x));
	relink(root, rb_parent(x), x, y);
	y->rb_right = x;
	set_parent(x, y);
}

void rb_insert_color(struct rb_node *n, struct rb_root *root)
{
	struct rb_node *p, *g, *u;

	while ((p = rb_parent(n)) && color(p) == RED) {
		g = rb_parent(p);
		u = p == g->rb_left ? g->rb_right : g->rb_left;
		if (color(u) == RED) {
			set_color(p, BLACK);
			set_color(u, BLACK);
			set_color(g, RED);
			n = g;
			continue;
		}
		if (p == g->rb_left) {
			if (n == p->rb_right) {
				n = p;
				rotate_left(n, root);
				p = rb_parent(n);
			}
			set_color(p, BLACK);
			set_color(g, RED);
			rotate_right(g, root);
		} else {
			if (n == p->rb_left) {
				n = p;
				rotate_right(n, root);
				p = rb_parent(n);
			}
			set_color(p, BLACK);
			set_color(g, RED);
			rotate_left(g, root);
		}
	}
	set_color(root->rb_node, BLACK);
}

/* @n (may be NULL) below @p lacks one black. */
static void erase_fixup(struct rb_node *n, struct rb_node *p,
			struct rb_root *root)
{
	struct rb_node *s;

	while (n != root->rb_node && color(n) == BLACK) {
		if (n == p->rb_left) {
			s = p->rb_right;
			if (color(s) == RED) {
				set_color(s, BLACK);
				set_color(p, RED);
				rotate_left(p, root);
				s = p->rb_right;
			}
			if (color(s->rb_left) == BLACK &&
			    color(s->rb_right) == BLACK) {
				set_color(s, RED);
				n = p;
				p = rb_parent(n);
				continue;
			}
			if (color(s->rb_right) == BLACK) {
				set_color(s->rb_left, BLACK);
				set_color(s, RED);
				rotate_right(s, root);
				s = p->rb_right;
			}
			set_color(s, color(p));
			set_color(p, BLACK);
			set_color(s->rb_right, BLACK);
			rotate_left(p, root);
		} else {
			s = p->rb_left;
			if (color(s) == RED) {
				set_color(s, BLACK);
				set_color(p, RED);
				rotate_right(p, root);
				s = p->rb_left;
			}
			if (color(s->rb_left) == BLACK &&
			    color(s->rb_right) == BLACK) {
				set_color(s, RED);
				n = p;
				p = rb_parent(n);
				continue;
			}
			if (color(s->rb_left) == BLACK) {
				set_color(s->rb_right, BLACK);
				set_color(s, RED);
				rotate_left(s, root);
				s = p->rb_left;
			}
			set_color(s, color(p));
			set_color(p, BLACK);
			set_color(s->rb_left, BLACK);
			rotate_right(p, root);
		}
		n = root->rb_node;
	}
	if (n)
		set_color(n, BLACK);
}

void rb_erase(struct rb_node *z, struct rb_root *root)
{
	struct rb_node *child, *parent, *y = z;
	unsigned long lost;

	if (z->rb_left && z->rb_right) {
		for (y = z->rb_right; y->rb_left;)
			y = y->rb_left;
		lost = color(y);
		child = y->rb_right;
		if (rb_parent(y) == z) {
			parent = y;
		} else {
			parent = rb_parent(y);
			parent->rb_left = child;
			if (child)
				set_parent(child, parent);
			y->rb_right = z->rb_right;
			set_parent(y->rb_right, y);
		}
		y->rb_left = z->rb_left;
		set_parent(y->rb_left, y);
		y->__rb_parent_color = z->__rb_parent_color;
		relink(root, rb_parent(z), z, y);
	} else {
		lost = color(z);
		child = z->rb_left ? z->rb_left : z->rb_right;
		parent = rb_parent(z);
		if (child)
			set_parent(child, parent);
		relink(root, parent, z, child);
	}
	if (lost == BLACK)
		erase_fixup(child, parent, root);
}

struct rb_node *rb_first(const struct rb_root *root)
{
	struct rb_node *n = root->rb_node;

	while (n && n->rb_left)
		n = n->rb_left;
	return n;
}

struct rb_node *rb_last(const struct rb_root *root)
{
	struct rb_node *n = root->rb_node;

	while (n && n->rb_right)
		n = n->rb_right;
	return n;
}

struct rb_node *rb_next(const struct rb_node *n)
{
	struct rb_node *p;

	if (RB_EMPTY_NODE(n))
		return NULL;
	if (n->rb_right) {
		for (p = n->rb_right; p->rb_left;)
			p = p->rb_left;
		return p;
	}
	while ((p = rb_parent(n)) && n == p->rb_right)
		n = p;
	return p;
}

struct rb_node *rb_prev(const struct rb_node *n)
{
	struct rb_node *p;

	if (RB_EMPTY_NODE(n))
		return NULL;
	if (n->rb_left) {
		for (p = n->rb_left; p->rb_right;)
			p = p->rb_right;
		return p;
	}
	while ((p = rb_parent(n)) && n == p->rb_left)
		n = p;
	return p;
}

void rb_replace_node(struct rb_node *victim, struct rb_node *n,
		     struct rb_root *root)
{
	*n = *victim;
	relink(root, rb_parent(victim), victim, n);
	if (n->rb_left)
		set_parent(n->rb_left, n);
	if (n->rb_right)
		set_parent(n->rb_right, n);
}
