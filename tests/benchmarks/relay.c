/* Both ends of a measured way through a relay, fast enough not to be what is measured.
 *
 *   relay serve                        print a free port of 127.0.0.1, then answer every request there: with the same
 *                                      JSON, or with a stream of 50 events a second, spread over the time, without end
 *   relay load PORT CLIENTS SECONDS    so many clients, each asking anew as soon as it has its answer, on one connection
 *   relay stream PORT CLIENTS SECONDS  so many clients, each reading a stream
 *
 * Clients print `begun` once each has its first answer or event, and then what came within the seconds: how many, how
 * many with those before, how many a second, and the median microseconds of one.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 16384, MOST = 4096, EVENTS = 512, TIMES = 1 << 22, EVENT_NS = 20000000 };

static const char ASKED[] =
    "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:11435\r\nAccept-Encoding: gzip, deflate\r\n"
    "Accept: application/json\r\nContent-Type: application/json\r\nUser-Agent: OpenAI/Python 3.57.0\r\n"
    "X-Stainless-Lang: python\r\nX-Stainless-Runtime: CPython\r\nContent-Length: 89\r\n\r\n"
    "{\"model\":\"some-model\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}],\"max_tokens\":200000}";

static const char ANSWER[] =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 264\r\n\r\n"
    "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":1764000000,\"model\":\"some-model\",\"choices\":"
    "[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Hello there, you.\"},\"finish_reason\":\"stop\"}],"
    "\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":7,\"total_tokens\":16}}";

static const char STREAM_ASKED[] =
    "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:11435\r\nAccept-Encoding: gzip, deflate\r\n"
    "Accept: application/json\r\nContent-Type: application/json\r\nUser-Agent: OpenAI/Python 3.57.0\r\n"
    "X-Stainless-Lang: python\r\nX-Stainless-Runtime: CPython\r\nContent-Length: 83\r\n\r\n"
    "{\"model\":\"some-model\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}],\"stream\":true}";

static const char STREAM_HEAD[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-Accel-Buffering: no\r\n"
    "Transfer-Encoding: chunked\r\n\r\n";

/* The tilde is what a client counts. The digit is another one in each event: LiteLLM ends a stream that repeats one. */
static char event[] =
    "b0\r\ndata: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1764000000,"
    "\"model\":\"some-model\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" ~wor0\"},\"finish_reason\":null}]}\n\n"
    "\r\n";

struct end {
    int fd;
    int stream; /* its place among the streams, from 1; 0 for none */
    int answered;
    size_t size;
    double asked;
    char bytes[ROOM + 1];
};

static void need(int true_, const char *what) {
    if (!true_) {
        perror(what);
        exit(1);
    }
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void watch(int poll, struct end *end) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = end};
    int yes = 1;
    setsockopt(end->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    need(epoll_ctl(poll, EPOLL_CTL_ADD, end->fd, &event) == 0, "epoll_ctl");
}

static void say(struct end *end, const char *bytes, size_t size) {
    need(write(end->fd, bytes, size) == (ssize_t)size, "write");
}

/* Read what has come; return how many whole messages there were, -1 at the end of the connection. What asks for a
 * stream sets `wanted`. */
static int messages(struct end *end, int *wanted) {
    ssize_t got = read(end->fd, end->bytes + end->size, ROOM - end->size);
    if (got <= 0)
        return -1;
    end->size += got;
    int found = 0;
    for (;;) {
        end->bytes[end->size] = 0;
        char *stop = strstr(end->bytes, "\r\n\r\n");
        if (!stop)
            return found;
        char *length = strcasestr(end->bytes, "\r\ncontent-length:");
        size_t whole = stop + 4 - end->bytes + (length && length < stop ? strtoul(length + 17, NULL, 10) : 0);
        if (end->size < whole)
            return found;
        char *flag = memmem(end->bytes, whole, "\"stream\":", 9);
        if (flag && wanted)
            *wanted = flag[9] == 't' || flag[10] == 't';
        end->size -= whole;
        memmove(end->bytes, end->bytes + whole, end->size);
        found++;
    }
}

/* Read what has come; return how many events there were, -1 at the end of the connection. */
static int events_in(struct end *end) {
    ssize_t got = read(end->fd, end->bytes, ROOM);
    int found = 0;
    for (ssize_t at = 0; at < got; at++)
        found += end->bytes[at] == '~';
    return got <= 0 ? -1 : found;
}

static struct end *streams[MOST + 1];
static int streaming, turn;

/* Let the timer expire once an event, whatever the number of streams. */
static void pace(int timer) {
    struct itimerspec every = {{0, 0}, {0, 0}};
    if (streaming)
        every.it_value.tv_nsec = every.it_interval.tv_nsec = EVENT_NS / streaming;
    need(timerfd_settime(timer, 0, &every, NULL) == 0, "timerfd_settime");
}

static void begin_stream(struct end *end, int timer) {
    say(end, STREAM_HEAD, sizeof STREAM_HEAD - 1);
    streams[++streaming] = end;
    end->stream = streaming;
    pace(timer);
}

static void end_stream(struct end *end, int timer) {
    streams[end->stream] = streams[streaming--];
    streams[end->stream]->stream = end->stream;
    pace(timer);
}

static void send_due(int timer) {
    char *digit = strchr(event, '~') + 4;
    uint64_t due = 0;
    if (read(timer, &due, sizeof due) < 0)
        return;
    for (; due && streaming; due--) {
        turn = turn % streaming + 1;
        *digit = '0' + streams[turn]->answered++ % 10;
        send(streams[turn]->fd, event, sizeof event - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
}

static void serve(void) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM, 0), poll = epoll_create1(0);
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    need(bind(listener, (void *)&at, size) == 0 && listen(listener, MOST) == 0, "listen");
    getsockname(listener, (void *)&at, &size);
    printf("%d\n", ntohs(at.sin_port));
    fflush(stdout);
    struct end accepting, timing;
    struct epoll_event events[EVENTS] = {{.events = EPOLLIN, .data.ptr = &accepting}};
    need(epoll_ctl(poll, EPOLL_CTL_ADD, listener, events) == 0, "epoll_ctl");
    events->data.ptr = &timing;
    need(epoll_ctl(poll, EPOLL_CTL_ADD, timer, events) == 0, "epoll_ctl");
    for (;;) {
        int count = epoll_wait(poll, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            struct end *end = events[i].data.ptr;
            if (end == &timing) {
                send_due(timer);
                continue;
            }
            if (end == &accepting) {
                end = calloc(1, sizeof *end);
                end->fd = accept(listener, NULL, NULL);
                need(end->fd >= 0, "accept");
                watch(poll, end);
                continue;
            }
            int wanted = 0, found = messages(end, &wanted);
            for (int each = 0; each < found && !wanted; each++)
                say(end, ANSWER, sizeof ANSWER - 1);
            if (found > 0 && wanted)
                begin_stream(end, timer);
            if (found < 0) {
                if (end->stream)
                    end_stream(end, timer);
                close(end->fd);
                free(end);
            }
        }
    }
}

static int by_size(const void *one, const void *other) {
    float a = *(const float *)one, b = *(const float *)other;
    return (a > b) - (a < b);
}

static int load(int port, int clients, double seconds, int stream) {
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
    struct end *ends = calloc(clients, sizeof *ends);
    float *times = malloc(TIMES * sizeof *times);
    size_t counted = 0, all = 0, size = (stream ? sizeof STREAM_ASKED : sizeof ASKED) - 1;
    const char *asked = stream ? STREAM_ASKED : ASKED;
    int poll = epoll_create1(0), answered = 0;
    struct epoll_event events[EVENTS];
    for (int i = 0; i < clients; i++) {
        ends[i].fd = socket(AF_INET, SOCK_STREAM, 0);
        need(connect(ends[i].fd, (void *)&to, sizeof to) == 0, "connect");
        watch(poll, &ends[i]);
    }
    for (int i = 0; i < clients; i++) {
        ends[i].asked = now();
        say(&ends[i], asked, size);
    }
    double begun = 0;
    while (!begun || now() - begun < seconds) {
        int count = epoll_wait(poll, events, EVENTS, 10000);
        need(count > 0, "no answer within ten seconds");
        for (int i = 0; i < count; i++) {
            struct end *end = events[i].data.ptr;
            int found = stream ? events_in(end) : messages(end, NULL);
            need(found >= 0, "the connection ended");
            if (!found)
                continue;
            double at = now();
            all += found;
            if (begun) {
                times[counted % TIMES] = (at - end->asked) * 1e6;
                counted += found;
            }
            if (!end->answered++ && ++answered == clients) {
                begun = now();
                puts("begun");
                fflush(stdout);
            }
            end->asked = at;
            if (!stream)
                say(end, asked, size);
        }
    }
    double took = now() - begun;
    size_t kept = stream ? 0 : counted < TIMES ? counted : TIMES;
    qsort(times, kept, sizeof *times, by_size);
    printf("%zu %zu %.0f %.1f\n", counted, all, counted / took, kept ? times[kept / 2] : 0);
    fflush(stdout);
    getchar(); /* what the end costs is not to be measured */
    return 0;
}

int main(int count, char **words) {
    if (count == 2 && strcmp(words[1], "serve") == 0)
        serve();
    if (count == 5 && strcmp(words[1], "load") == 0)
        return load(atoi(words[2]), atoi(words[3]), atof(words[4]), 0);
    if (count == 5 && strcmp(words[1], "stream") == 0)
        return load(atoi(words[2]), atoi(words[3]), atof(words[4]), 1);
    return 2;
}
