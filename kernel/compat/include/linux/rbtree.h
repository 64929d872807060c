/* SPDX-License-Identifier: GPL-2.0 */
/* Shadows the kernel's <linux/rbtree.h>: see docs/compat.md. */
#ifndef _IP_VS_COMPAT_LINUX_RBTREE_H
#define _IP_VS_COMPAT_LINUX_RBTREE_H

#include_next <linux/rbtree.h>
#include "ip_vs_compat_config.h"

#if !IP_VS_HAVE_RB_ADD
/**
 * rb_add_cached - put a node in its place, after those that are equal to it
 * @node: to insert
 * @tree: tree that knows its leftmost node
 * @less: true if the first node belongs before the second
 *
 * Return: @node if it is the leftmost one now, else NULL.
 */
static inline struct rb_node *
rb_add_cached(struct rb_node *node, struct rb_root_cached *tree,
	      bool (*less)(struct rb_node *, const struct rb_node *))
{
	struct rb_node **link = &tree->rb_root.rb_node, *parent = NULL;
	bool first = true;

	while (*link) {
		parent = *link;
		if (less(node, parent)) {
			link = &parent->rb_left;
		} else {
			link = &parent->rb_right;
			first = false;
		}
	}
	rb_link_node(node, parent, link);
	rb_insert_color_cached(node, tree, first);
	return first ? node : NULL;
}

/**
 * rb_add - the same for a tree that does not know its leftmost node
 * @node: to insert
 * @tree: where
 * @less: true if the first node belongs before the second
 */
static inline void rb_add(struct rb_node *node, struct rb_root *tree,
			  bool (*less)(struct rb_node *,
				       const struct rb_node *))
{
	struct rb_node **link = &tree->rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = less(node, parent) ? &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(node, parent, link);
	rb_insert_color(node, tree);
}
#endif

#endif /* _IP_VS_COMPAT_LINUX_RBTREE_H */
