// SPDX-License-Identifier: GPL-2.0
/* The table of options against what describes it: manual page, help, completion. */
#include <errno.h>
#include "options.h"
#include "unit.h"

static char *page;

static void read_page(void)
{
	FILE *f = fopen(TOP "/ipvsadm-ext/man/ipvsadm-ext.8", "r");
	size_t room = 0;

	ck_assert_ptr_nonnull(f);
	page = NULL;
	ck_assert_int_gt(getdelim(&page, &room, '\0', f), 0);
	fclose(f);
}

static void free_page(void)
{
	free(page);
}

/* "--sync-maxlen" is "\-\-sync-maxlen" there. */
static bool in_page(const char *dashes, const char *name)
{
	char text[64];
	const char *at;
	size_t len = snprintf(text, sizeof(text), "%s%s", dashes, name);

	for (at = strstr(page, text); at; at = strstr(at + 1, text))
		if (!strchr("abcdefghijklmnopqrstuvwxyz-0123456789", at[len]))
			return true;
	return false;
}

START_TEST(manual_page)
{
	const struct option_row *row;
	char letter[2] = "";

	for (row = option_rows; row < option_rows + option_row_count; row++) {
		if (row->name)
			ck_assert_msg(in_page("\\-\\-", row->name), "not in the page: --%s",
				      row->name);
		letter[0] = row->letter;
		if (row->letter)
			ck_assert_msg(in_page("\\-", letter), "not in the page: -%c", row->letter);
	}
}
END_TEST

START_TEST(help)
{
	struct command c = { .id = CMD_HELP_LONG };
	const struct option_row *row;
	FILE *out = stdout;
	struct printed p;
	char *text, *at, name[64];
	size_t column;

	program_invocation_name = (char *)"ipvsadm-ext";
	print_begin(&p);
	stdout = p.f;
	ck_assert_int_eq(cmd_help(NULL, &c), EXIT_OK);
	stdout = out;
	text = print_end(&p);
	for (row = option_rows; row < option_rows + option_row_count; row++) {
		if (!row->name || !row->help)
			continue;
		snprintf(name, sizeof(name), "--%s", row->name);
		ck_assert_msg(strstr(text, name), "not in --help: %s", name);
	}
	/* It fits a terminal. */
	for (at = text, column = 0; *at; at++) {
		column = *at == '\n' ? 0 : column + 1;
		ck_assert_msg(column <= 80, "too long: %.*s", 80, at - column + 1);
	}
	free(text);
}
END_TEST

static unsigned int commands_of(const struct option_row *row)
{
	return row->needed | row->allowed | row->one_of;
}

static bool legal(const char *word, enum command_id command)
{
	const struct option_row *row;

	/* Not checked by 1.31, offered where they mean something. */
	if (!strcmp(word, "-6") || !strcmp(word, "--ipv6"))
		return true;
	if (!strcmp(word, "--sort"))
		return command == CMD_LIST;
	for (row = option_rows; row < option_rows + option_row_count; row++) {
		if (row->command || !(commands_of(row) & COMMAND_BIT(command)))
			continue;
		if (row->name && !strncmp(word, "--", 2) && !strcmp(word + 2, row->name))
			return true;
		if (row->letter && word[0] == '-' && word[1] == row->letter && !word[2])
			return true;
	}
	return false;
}

/* What bash offers after the command and its argument: "\nWORD\n...". */
static char *offered(const char *command, bool arg)
{
	char line[512], *text = NULL;
	size_t room = 0;
	FILE *f;

	snprintf(line, sizeof(line),
		 "bash -c '. %s/ipvsadm-ext/completion/ipvsadm-ext\n"
		 "COMP_WORDS=(ipvsadm-ext %s%s -) COMP_CWORD=%d COMP_LINE=\"ipvsadm-ext %s -\"\n"
		 "_ipvsadm_ext; printf \"\\n\"; printf \"%%s\\n\" \"${COMPREPLY[@]}\"'",
		 TOP, command, arg ? " argument" : "", arg ? 3 : 2, command);
	f = popen(line, "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_gt(getdelim(&text, &room, '\0', f), 0);
	ck_assert_int_eq(pclose(f), 0);
	return text;
}

static void is_offered(const char *text, const char *format, const char *name, const char *command)
{
	char word[64];

	snprintf(word, sizeof(word), format, name);
	ck_assert_msg(strstr(text, word), "not completed after %s:%s", command, word);
}

START_TEST(completion)
{
	const struct option_row *row, *command;
	char *text, *word, *rest, letter[2] = "", name[64];

	for (command = option_rows; command < option_rows + option_row_count; command++) {
		if (!command->command)
			continue;
		if (command->name)
			snprintf(name, sizeof(name), "--%s", command->name);
		else
			snprintf(name, sizeof(name), "-%c", command->letter);
		text = offered(name, command->arg);
		for (row = option_rows; row < option_rows + option_row_count; row++) {
			if (row->command || !(commands_of(row) & COMMAND_BIT(command->command)))
				continue;
			/* 1.31 takes it, and does nothing with it. */
			if (row->id == OPT_SYNCID && command->command == CMD_LIST)
				continue;
			letter[0] = row->letter;
			if (row->name)
				is_offered(text, "\n--%s\n", row->name, name);
			if (row->letter)
				is_offered(text, "\n-%s\n", letter, name);
		}
		for (word = strtok_r(text, "\n", &rest); word; word = strtok_r(NULL, "\n", &rest))
			ck_assert_msg(legal(word, command->command),
				      "completed after %s, but illegal: %s", name, word);
		free(text);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("options");
	TCase *t = tcase_create("options");

	tcase_add_checked_fixture(t, read_page, free_page);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, manual_page);
	tcase_add_test(t, help);
	tcase_add_test(t, completion);
	suite_add_tcase(s, t);
	return unit_run(s);
}
