/* Pi by the midpoint rule, a part of it in each rank: pi [STEPS [MILLISECONDS]]
 *
 * Each step takes twice as many points as the one before, and the ranks add up what they have.
 * Between steps they sleep, so that a demonstration takes its time and not its machine's. */
#include <math.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv) {
  int rank, ranks;
  int steps = argc > 1 ? atoi(argv[1]) : 10;
  int pause = argc > 2 ? atoi(argv[2]) : 200;
  char host[MPI_MAX_PROCESSOR_NAME];
  int length;
  double pi = 0;

  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  MPI_Get_processor_name(host, &length);
  const char *machine = getenv("PILOT_MACHINE"); /* emulated machines share a host name */
  printf("rank %d of %d on %s\n", rank, ranks, machine ? machine : host);
  fflush(stdout);
  for (int step = 1; step <= steps; step++) {
    long points = 1L << (step < 20 ? step + 4 : 24);
    double sum = 0, all;
    for (long i = rank; i < points; i += ranks) {
      double x = (i + 0.5) / points;
      sum += 4 / (1 + x * x);
    }
    MPI_Allreduce(&sum, &all, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
    pi = all / points;
    struct timespec nap = {pause / 1000, (pause % 1000) * 1000000L};
    nanosleep(&nap, NULL);
  }
  if (rank == 0) {
    printf("pi is about %.10f, off by %.1e\n", pi, fabs(pi - acos(-1)));
  }
  MPI_Finalize();
  return 0;
}
