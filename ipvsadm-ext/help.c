// SPDX-License-Identifier: GPL-2.0
/* What -h, --help, -v and --version-ext print. */
#include "options.h"

#include <errno.h>
#include <string.h>

/* 1.31's help, to the byte: scripts look for words in it. */
static const char version_line[] =
	"ipvsadm v1.31 2019/12/24 (compiled with popt and IPVS v1.2.1)\n";

static const char *const syntax[] = {
	"-A|E virtual-service [-s scheduler] [-p [timeout]] [-M netmask] [--pe persistence_engine] [-b sched-flags]",
	"-D virtual-service",
	"-C",
	"-R",
	"-S [-n]",
	"-a|e virtual-service -r server-address [options]",
	"-d virtual-service -r server-address",
	"-L|l [virtual-service] [options]",
	"-Z [virtual-service]",
	"--set tcp tcpfin udp",
	"--start-daemon {master|backup} [daemon-options]",
	"--stop-daemon {master|backup}",
	"-h",
};

static const char usage[] =
	"\n"
	"Commands:\n"
	"Either long or short options are allowed.\n"
	"  --add-service     -A        add virtual service with options\n"
	"  --edit-service    -E        edit virtual service with options\n"
	"  --delete-service  -D        delete virtual service\n"
	"  --clear           -C        clear the whole table\n"
	"  --restore         -R        restore rules from stdin\n"
	"  --save            -S        save rules to stdout\n"
	"  --add-server      -a        add real server with options\n"
	"  --edit-server     -e        edit real server with options\n"
	"  --delete-server   -d        delete real server\n"
	"  --list            -L|-l     list the table\n"
	"  --zero            -Z        zero counters in a service or all services\n"
	"  --set tcp tcpfin udp        set connection timeout values\n"
	"  --start-daemon              start connection sync daemon\n"
	"  --stop-daemon               stop connection sync daemon\n"
	"  --help            -h        display this help message\n"
	"\n"
	"virtual-service:\n"
	"  --tcp-service|-t  service-address   service-address is host[:port]\n"
	"  --udp-service|-u  service-address   service-address is host[:port]\n"
	"  --sctp-service    service-address   service-address is host[:port]\n"
	"  --fwmark-service|-f fwmark          fwmark is an integer greater than zero\n"
	"\n"
	"Options:\n"
	"  --ipv6         -6                   fwmark entry uses IPv6\n"
	"  --scheduler    -s scheduler         one of rr|wrr|lc|wlc|lblc|lblcr|dh|sh|sed|nq|fo|ovf|mh,\n"
	"                                      the default scheduler is wlc.\n"
	"  --pe            engine              alternate persistence engine may be sip,\n"
	"                                      not set by default.\n"
	"  --persistent   -p [timeout]         persistent service\n"
	"  --netmask      -M netmask           persistent granularity mask\n"
	"  --real-server  -r server-address    server-address is host (and port)\n"
	"  --gatewaying   -g                   gatewaying (direct routing) (default)\n"
	"  --ipip         -i                   ipip encapsulation (tunneling)\n"
	"  --masquerading -m                   masquerading (NAT)\n"
	"  --tun-type      type                one of ipip|gue|gre,\n"
	"                                      the default tunnel type is ipip.\n"
	"  --tun-port      port                tunnel destination port\n"
	"  --tun-nocsum                        tunnel encapsulation without checksum\n"
	"  --tun-csum                          tunnel encapsulation with checksum\n"
	"  --tun-remcsum                       tunnel encapsulation with remote checksum\n"
	"  --weight       -w weight            capacity of real server\n"
	"  --u-threshold  -x uthreshold        upper threshold of connections\n"
	"  --l-threshold  -y lthreshold        lower threshold of connections\n"
	"  --connection   -c                   output of current IPVS connections\n"
	"  --timeout                           output of timeout (tcp tcpfin udp)\n"
	"  --daemon                            output of daemon information\n"
	"  --stats                             output of statistics information\n"
	"  --rate                              output of rate information\n"
	"  --exact                             expand numbers (display exact values)\n"
	"  --thresholds                        output of thresholds information\n"
	"  --persistent-conn                   output of persistent connection info\n"
	"  --tun-info                          output of tunnel information\n"
	"  --nosort                            disable sorting output of service/server entries\n"
	"  --sort                              does nothing, for backwards compatibility\n"
	"  --ops          -o                   one-packet scheduling\n"
	"  --numeric      -n                   numeric output of addresses and ports\n"
	"  --sched-flags  -b flags             scheduler flags (comma-separated)\n"
	"Daemon Options:\n"
	"  --syncid sid                        syncid for connection sync (default=255)\n"
	"  --sync-maxlen length                Max sync message length (default=1472)\n"
	"  --mcast-interface interface         multicast interface for connection sync\n"
	"  --mcast-group address               IPv4/IPv6 group (default=224.0.0.81)\n"
	"  --mcast-port port                   UDP port (default=8848)\n"
	"  --mcast-ttl ttl                     Multicast TTL (default=1)\n";

static const char *const group_titles[GROUP_COUNT] = {
	[GROUP_COMMAND] = "Commands, of which one goes first",
	[GROUP_WHICH] = "Which virtual service",
	[GROUP_SERVICE] = "How a virtual service is, for -A and -E",
	[GROUP_SERVER] = "Real servers, for -a, -e and -d",
	[GROUP_LIST] = "Listings, for -L and -S",
	[GROUP_DAEMON] = "Synchronisation daemons, for --start-daemon and --stop-daemon",
	[GROUP_APPLY] = "For --apply",
};

/* Where the second column begins. */
#define COLUMN 34

/* "  -w, --weight NUMBER", and after it the help, each line in its column. */
static void print_row(FILE *out, const struct option_row *row, char mark)
{
	char left[COLUMN + 40];
	const char *line, *end;
	int n = 0;

	n += snprintf(left + n, sizeof(left) - n, row->letter ? "%c -%c" : "%c   ", mark,
		      row->letter);
	if (row->name)
		n += snprintf(left + n, sizeof(left) - n, "%s--%s", row->letter ? ", " : "  ",
			      row->name);
	if (row->arg && row->arg_optional)
		n += snprintf(left + n, sizeof(left) - n, "%s[%s]", *row->arg == '=' ? "" : " ",
			      row->arg);
	else if (row->arg)
		n += snprintf(left + n, sizeof(left) - n, " %s", row->arg);
	if (n < COLUMN)
		fprintf(out, "%-*s", COLUMN, left);
	else
		fprintf(out, "%s\n%*s", left, COLUMN, "");
	for (line = row->help; (end = strchr(line, '\n')); line = end + 1)
		fprintf(out, "%.*s\n%*s", (int)(end - line), line, COLUMN, "");
	fprintf(out, "%s\n", line);
}

/* -h: what 1.31 prints, and what we have beyond it. */
static void print_compatible(FILE *out, const char *program)
{
	const struct option_row *row;
	size_t i;

	fprintf(out, "%sUsage:\n", version_line);
	for (i = 0; i < sizeof(syntax) / sizeof(syntax[0]); i++)
		fprintf(out, "  %s %s\n", program, syntax[i]);
	fputs(usage, out);

	fprintf(out, "\nNot in ipvsadm 1.31:\n"
		"  %s -L [options] --json [--pretty]\n"
		"  %s -S --full\n"
		"  %s -A|E virtual-service ... [--param NAME=VALUE]...\n"
		"  %s -a|e virtual-service -r server-address ... [--priority NUMBER]\n"
		"          [--bandwidth RATE] [--lag TIME]\n"
		"  %s -L [virtual-service] --tiers [-n] [--json [--pretty]]\n"
		"  %s --monitor [--since-start] [--json]\n"
		"  %s --schedulers [--json [--pretty]]\n"
		"  %s --apply FILE [--dry-run] [--json] [--drain[=SECONDS]] [--wait SECONDS]\n"
		"  %s --help\n"
		"  %s --version-ext\n\n", program, program, program, program, program,
		program, program, program, program, program);
	for (row = option_rows; row < option_rows + option_row_count; row++)
		if (row->is_new)
			print_row(out, row, ' ');
}

/* --help: all options, by what they are for. */
static void print_grouped(FILE *out, const char *program)
{
	const struct option_row *row;
	int group;

	fprintf(out, "%s: administer the virtual servers of the Linux kernel\n\n"
		"Usage:\n"
		"  %s COMMAND [OPTION...]\n"
		"  %s                     the same as -L\n\n"
		"What ipvsadm 1.31 does not know is marked with *. -h has its own help.\n",
		program, program, program);
	for (group = 0; group < GROUP_COUNT; group++) {
		fprintf(out, "\n%s:\n", group_titles[group]);
		for (row = option_rows; row < option_rows + option_row_count; row++)
			if ((int)row->group == group && row->help)
				print_row(out, row, row->is_new ? '*' : ' ');
	}
}

int cmd_help(struct kernel *k, const struct command *c)
{
	(void)k;
	switch (c->id) {
	case CMD_HELP:
		print_compatible(stdout, program_invocation_name);
		break;
	case CMD_HELP_LONG:
		print_grouped(stdout, program_invocation_name);
		break;
	case CMD_VERSION_EXT:
		puts("ipvsadm-ext " IPVSADM_EXT_VERSION ", in place of ipvsadm 1.31");
		break;
	default:
		fputs(version_line, stdout);
		break;
	}
	return EXIT_OK;
}
