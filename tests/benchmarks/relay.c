/* Both ends of a measured way through a relay, fast enough not to be what is measured.
 *
 *   relay serve                      print a free port of 127.0.0.1, then answer every request there with the same JSON
 *   relay load PORT CLIENTS SECONDS  so many clients, each asking anew as soon as it has its answer, on one connection;
 *                                    print how many answers a second came, and the median microseconds of one
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 16384, MOST = 4096, EVENTS = 512, TIMES = 1 << 22 };

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

struct end {
    int fd;
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

/* Read what has come; return how many whole messages there were, -1 at the end of the connection. */
static int messages(struct end *end) {
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
        end->size -= whole;
        memmove(end->bytes, end->bytes + whole, end->size);
        found++;
    }
}

static void serve(void) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM, 0), poll = epoll_create1(0);
    need(bind(listener, (void *)&at, size) == 0 && listen(listener, MOST) == 0, "listen");
    getsockname(listener, (void *)&at, &size);
    printf("%d\n", ntohs(at.sin_port));
    fflush(stdout);
    struct epoll_event events[EVENTS] = {{.events = EPOLLIN, .data.ptr = NULL}};
    need(epoll_ctl(poll, EPOLL_CTL_ADD, listener, events) == 0, "epoll_ctl");
    for (;;) {
        int count = epoll_wait(poll, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            struct end *end = events[i].data.ptr;
            if (!end) {
                end = calloc(1, sizeof *end);
                end->fd = accept(listener, NULL, NULL);
                need(end->fd >= 0, "accept");
                watch(poll, end);
                continue;
            }
            int found = messages(end);
            for (int each = 0; each < found; each++)
                say(end, ANSWER, sizeof ANSWER - 1);
            if (found < 0) {
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

static int load(int port, int clients, double seconds) {
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
    struct end *ends = calloc(clients, sizeof *ends);
    float *times = malloc(TIMES * sizeof *times);
    size_t answers = 0;
    int poll = epoll_create1(0);
    struct epoll_event events[EVENTS];
    for (int i = 0; i < clients; i++) {
        ends[i].fd = socket(AF_INET, SOCK_STREAM, 0);
        need(connect(ends[i].fd, (void *)&to, sizeof to) == 0, "connect");
        watch(poll, &ends[i]);
    }
    double begun = now();
    for (int i = 0; i < clients; i++) {
        ends[i].asked = now();
        say(&ends[i], ASKED, sizeof ASKED - 1);
    }
    while (now() - begun < seconds) {
        int count = epoll_wait(poll, events, EVENTS, 1000);
        need(count > 0, "no answer within a second");
        for (int i = 0; i < count; i++) {
            struct end *end = events[i].data.ptr;
            int found = messages(end);
            need(found >= 0, "the connection ended");
            if (!found)
                continue;
            double at = now();
            times[answers++ % TIMES] = (at - end->asked) * 1e6;
            end->asked = at;
            say(end, ASKED, sizeof ASKED - 1);
        }
    }
    double took = now() - begun;
    size_t kept = answers < TIMES ? answers : TIMES;
    qsort(times, kept, sizeof *times, by_size);
    printf("%zu %.0f %.1f\n", answers, answers / took, times[kept / 2]);
    return 0;
}

int main(int count, char **words) {
    if (count == 2 && strcmp(words[1], "serve") == 0)
        serve();
    if (count == 5 && strcmp(words[1], "load") == 0)
        return load(atoi(words[2]), atoi(words[3]), atof(words[4]));
    return 2;
}
