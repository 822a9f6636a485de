package io.pilothouse.testing.spark;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.Function2;

/**
 * {@code Main NUMBERS GATE...}: for each gate one job that adds the squares of the numbers below
 * NUMBERS, by the executor that made them, each number a partition of its own; a job begins when
 * its gate, a file, is there. How and where is in Spark's own properties ({@code -Dspark.…}).
 */
public final class Main {
  private static final int REDUCERS = 2;

  private Main() {}

  /** Adds, on executors. */
  private static final class Sum implements Function2<Long, Long, Long> {
    private static final long serialVersionUID = 1L;

    @Override
    public Long call(Long one, Long other) {
      return one + other;
    }
  }

  public static void main(String[] args) {
    int numbers = Integer.parseInt(args[0]);
    List<Integer> all = new ArrayList<>();
    for (int each = 0; each < numbers; each++) {
      all.add(each);
    }
    try (JavaSparkContext spark = new JavaSparkContext(new SparkConf())) {
      System.out.println("subscribed as " + spark.sc().applicationId());
      for (int job = 1; job < args.length; job++) {
        Map<String, Long> byExecutor =
            new TreeMap<>(
                spark
                    .parallelize(all, numbers)
                    .mapToPair(new Squares(args[job]))
                    .reduceByKey(new Sum(), REDUCERS)
                    .collectAsMap());
        long sum = byExecutor.values().stream().mapToLong(Long::longValue).sum();
        System.out.println("job " + job + " sum " + sum + " by " + byExecutor.keySet());
      }
    }
    System.out.println("done");
  }
}
