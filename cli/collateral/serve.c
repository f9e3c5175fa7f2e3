/* SPDX-License-Identifier: BSD-3-Clause */
/* See cli/collateral/serve.h.  HTTP is libevent's. */
#include "cli/collateral/serve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "cli/message.h"

#define LOOPBACK    "127.0.0.1"
#define PATIENCE_S  30
#define HEADERS_MAX 65536 /* encrypted PPIDs are in URLs */
#define URL_PATH    "/sgx/certification/v4/"

static const char *find_parameter(void *query, const char *name)
{
	return evhttp_find_header(query, name);
}

static void send_answer(struct evhttp_request *req,
			const struct pccs_answer *answer)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(req);
	struct evbuffer *body = evbuffer_new();

	evhttp_add_header(headers, "Content-Type", answer->type);
	for (unsigned i = 0; i < PCCS_HEADERS && answer->headers[i].name; i++)
		evhttp_add_header(headers, answer->headers[i].name,
				  answer->headers[i].value);
	if (body)
		evbuffer_add(body, answer->body, answer->n);
	evhttp_send_reply(req, answer->status, answer->reason, body);
	if (body)
		evbuffer_free(body);
}

static void on_request(struct evhttp_request *req, void *arg)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(req);
	const char *path = uri ? evhttp_uri_get_path(uri) : NULL;
	const char *text = uri ? evhttp_uri_get_query(uri) : NULL;
	struct pccs_answer answer;
	struct evkeyvalq query;

	if (!path || evhttp_parse_query_str(text ? text : "", &query)) {
		evhttp_send_error(req, HTTP_BADREQUEST, NULL);
		return;
	}
	pccs_get(arg, path, find_parameter, &query, &answer);
	send_answer(req, &answer);
	pccs_free(&answer);
	evhttp_clear_headers(&query);
}

static void on_signal(evutil_socket_t sig, short events, void *base)
{
	(void)sig;
	(void)events;
	event_base_loopbreak(base);
}

static uint16_t port_of(struct evhttp_bound_socket *bound)
{
	struct sockaddr_in address = { 0 };
	socklen_t size = sizeof(address);

	getsockname(evhttp_bound_socket_get_fd(bound),
		    (struct sockaddr *)&address, &size);
	return ntohs(address.sin_port);
}

static int listen_and_serve(struct event_base *base, struct evhttp *http,
			    uint16_t port)
{
	struct evhttp_bound_socket *bound;

	bound = evhttp_bind_socket_with_handle(http, LOOPBACK, port);
	if (!bound) {
		complain("cannot listen on " LOOPBACK " port %u: %s", port,
			 strerror(errno));
		return -1;
	}
	printf("http://" LOOPBACK ":%u" URL_PATH "\n", port_of(bound));
	fflush(stdout);
	return event_base_dispatch(base) < 0 ? -1 : 0;
}

static struct evhttp *make_server(struct event_base *base,
				  const struct pccs *pccs)
{
	struct evhttp *http = evhttp_new(base);

	if (!http)
		return NULL;
	evhttp_set_allowed_methods(http, EVHTTP_REQ_GET);
	evhttp_set_timeout(http, PATIENCE_S);
	evhttp_set_max_headers_size(http, HEADERS_MAX);
	evhttp_set_max_body_size(http, 0);
	evhttp_set_gencb(http, on_request, (void *)(uintptr_t)pccs);
	return http;
}

int serve(const struct pccs *pccs, uint16_t port)
{
	struct event_base *base = event_base_new();
	struct evhttp *http = base ? make_server(base, pccs) : NULL;
	struct event *by_int = NULL, *by_term = NULL;
	int r = -1;

	if (http) {
		by_int = evsignal_new(base, SIGINT, on_signal, base);
		by_term = evsignal_new(base, SIGTERM, on_signal, base);
	}
	if (by_int && by_term && !event_add(by_int, NULL) &&
	    !event_add(by_term, NULL))
		r = listen_and_serve(base, http, port);
	else
		complain("out of memory");
	if (by_int)
		event_free(by_int);
	if (by_term)
		event_free(by_term);
	if (http)
		evhttp_free(http);
	if (base)
		event_base_free(base);
	return r;
}
