package io.pilothouse.examples.farm;

import io.pilothouse.examples.frameworks.LastWords;
import io.pilothouse.examples.frameworks.Site;
import io.pilothouse.examples.frameworks.Ticks;
import io.pilothouse.framework.Framework;
import io.pilothouse.framework.FrameworkException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Deque;
import java.util.concurrent.CountDownLatch;

/** Runs a web farm until it is ended, and says when its size changes. */
public final class Main {
  private static final String USAGE =
      """
      usage: farm [OPTIONS]
      %s
        --bind HOST:PORT     where users come (default 127.0.0.1:18600)
        --least N, --most N  servers (default 1 and 8)
        --each N             users at once that a server is meant for, and is sent (default 4)
        --calm SECONDS       fewer must have done for so long before any is given back (default 10)
        --work MILLISECONDS  that a request takes (default 50)"""
          .formatted(Site.USAGE);

  private record Options(Site site, String bind, Elastic.Rule rule, int each, int work) {
    static Options of(Deque<String> rest) {
      Site site = Site.of(rest);
      String bind = "127.0.0.1:18600";
      int least = 1;
      int most = 8;
      int each = 4;
      int calm = 10;
      int work = 50;
      while (!rest.isEmpty()) {
        String argument = rest.remove();
        switch (argument) {
          case "--bind" -> bind = Site.value(argument, rest);
          case "--least" -> least = Site.number(argument, rest, 1_000);
          case "--most" -> most = Site.number(argument, rest, 1_000);
          case "--each" -> each = Site.number(argument, rest, 1_000);
          case "--calm" -> calm = Site.number(argument, rest, 86_400);
          case "--work" -> work = Site.number(argument, rest, 60_000);
          default -> throw new IllegalArgumentException("cannot make sense of " + argument);
        }
      }
      return new Options(
          site, bind, new Elastic.Rule(least, most, each, Duration.ofSeconds(calm)), each, work);
    }
  }

  private Main() {}

  /** Exit code 2: called wrongly. */
  public static void main(String... args) throws Exception {
    Options options;
    try {
      options = Options.of(Site.arguments(args));
    } catch (IllegalArgumentException e) {
      System.err.println("farm: " + e.getMessage() + "\n" + USAGE);
      System.exit(2);
      return;
    }
    run(options);
  }

  private static void run(Options options) throws IOException, InterruptedException {
    Path dir = Files.createTempDirectory("farm");
    // those that drain, or are about to end, have their slots, too
    int slots = 2 * options.rule().most();
    HaProxy balancer = HaProxy.start(dir, options.bind(), slots, options.each());
    Farm farm =
        new Farm(
            options.site(),
            balancer,
            options.rule(),
            Servers.command(options.work(), options.each()),
            Servers::answers,
            InstantSource.system());
    Framework framework = Framework.start(options.site().options("farm"), farm);
    Ticks ticks = new Ticks();
    ticks.every(Duration.ofSeconds(1), () -> tick(framework, farm));
    LastWords.of(framework);
    Runtime.getRuntime()
        .addShutdownHook(Thread.ofPlatform().unstarted(() -> end(ticks, framework, balancer, dir)));
    System.out.println("users come to http://" + options.bind() + "/");
    new CountDownLatch(1).await(); // until the process is told to end
  }

  private static String last = "";

  private static void tick(Framework framework, Farm farm) {
    farm.tick(framework);
    String now =
        "%d servers serve, %d are wanted, %d in all"
            .formatted(farm.serving(), farm.wanted(), farm.all());
    if (!now.equals(last)) {
      System.out.println(now);
      last = now;
    }
  }

  private static void end(Ticks ticks, Framework framework, HaProxy balancer, Path dir) {
    ticks.close();
    try {
      framework.teardown();
    } catch (FrameworkException e) {
      System.err.println("its tasks live for a minute more: " + e.getMessage());
    }
    balancer.close();
    for (String each : new String[] {"haproxy.cfg", "haproxy.log", "haproxy.sock", ""}) {
      try {
        Files.deleteIfExists(dir.resolve(each));
      } catch (IOException e) {
        System.err.println(dir + " is left: " + e.getMessage());
      }
    }
  }
}
