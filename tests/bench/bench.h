/* The parts of the benchmark's one program; main() picks one by name. */
#ifndef TESTS_BENCH_H
#define TESTS_BENCH_H

#include <netinet/in.h>
#include <stdint.h>

#define BENCH_MESSAGE_LEN 1024 /* request and answer of 'connections' */
#define BENCH_THREADS 4

/* Each gets what stands behind its name and returns main()'s status. */
int bench_serve(int argc, char **argv);
int bench_latency(int argc, char **argv);
int bench_connections(int argc, char **argv);
int bench_idle(int argc, char **argv);
int bench_calls(int argc, char **argv);
int bench_spawn(int argc, char **argv);

int64_t bench_now_ns(void);
struct sockaddr_in bench_address(const char *host, const char *port);

/* Exits with a message unless the call's result is >= 0. */
int bench_must(int result, const char *what);

/* As many descriptors as the hard limit allows. */
void bench_raise_descriptors(void);

/* Sorts; prints {"count": n, "p50_us": ..., "p99_us": ...}. */
void bench_print_percentiles(int64_t *samples_ns, int count);

#endif
