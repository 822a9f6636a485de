package io.pilothouse.testing.spark;

import java.nio.file.Files;
import java.nio.file.Paths;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.function.PairFunction;
import scala.Tuple2;

/** The square of a number, by the executor that it was made on; waits for a file first. */
final class Squares implements PairFunction<Integer, String, Long> {
  private static final long serialVersionUID = 1L;

  private final String gate;

  /**
   * @param gate a file
   */
  Squares(String gate) {
    this.gate = gate;
  }

  @Override
  public Tuple2<String, Long> call(Integer number) throws InterruptedException {
    while (!Files.exists(Paths.get(gate))) {
      Thread.sleep(20);
    }
    Thread.sleep(100); // so that one executor alone is not done with all of them at once
    return new Tuple2<>(SparkEnv.get().executorId(), (long) number * number);
  }
}
