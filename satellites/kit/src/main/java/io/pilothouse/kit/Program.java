package io.pilothouse.kit;

import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.pilothouse.client.ServerAddress;
import java.io.PrintStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;

/**
 * The run of a long-lived program: reads flags, starts what the body wires, waits for a signal,
 * closes everything in reverse order.
 */
public final class Program implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Program.class);
  private static final int BAD_FLAGS = 2;

  /** A program's main class: a picocli command that wires and starts its parts. */
  public interface Body {
    /** Returns once everything runs; hands what must be closed to {@link Program#closing}. */
    void start(Program program) throws Exception;
  }

  private final PrometheusMeterRegistry meters =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Deque<AutoCloseable> open = new ArrayDeque<>();

  Program() {
    new JvmMemoryMetrics().bindTo(meters);
    new JvmThreadMetrics().bindTo(meters);
    new ProcessorMetrics().bindTo(meters);
    new UptimeMetrics().bindTo(meters);
  }

  /** Runs until killed; exits with 2 on bad flags, with 1 when it cannot start. */
  public static void main(Body body, String[] args) {
    SLF4JBridgeHandler.removeHandlersForRootLogger();
    SLF4JBridgeHandler.install();
    Thread.setDefaultUncaughtExceptionHandler(
        (thread, e) -> {
          // a fault of the program: going on with a part missing would look healthy and be dead
          log.error("thread {} ended by a fault; stopping", thread.getName(), e);
          Runtime.getRuntime().halt(1);
        });
    Program program = new Program();
    int code = program.start(body, args, System.out, System.err);
    if (code >= 0) {
      program.close();
      System.exit(code);
    }
    Runtime.getRuntime().addShutdownHook(new Thread(program::close, "shutdown"));
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Starts the body; gives the exit code when there is nothing to keep running, else -1. */
  int start(Body body, String[] args, PrintStream out, PrintStream err) {
    CommandLine command = commandLine(body);
    try {
      if (command.parseArgs(args).isUsageHelpRequested()) {
        command.usage(out);
        return 0;
      }
    } catch (ParameterException e) {
      String name = command.getCommandName();
      err.println(name + ": " + e.getMessage());
      err.println("  remedy: `" + name + " --help` lists the flags");
      return BAD_FLAGS;
    }
    try {
      body.start(this);
      return -1;
    } catch (ParameterException e) {
      err.println(command.getCommandName() + ": " + e.getMessage());
      return BAD_FLAGS;
    } catch (ProgramException e) {
      log.error("cannot start: {}", e.getMessage());
      err.println(command.getCommandName() + ": " + e.getMessage());
      return 1;
    } catch (Exception e) {
      log.error("cannot start", e);
      err.println(command.getCommandName() + ": cannot start: " + e);
      return 1;
    }
  }

  private static CommandLine commandLine(Body body) {
    CommandLine command = new CommandLine(body);
    command.registerConverter(ServerAddress.class, Program::address);
    if (command.getCommandSpec().findOption("--help") == null) {
      command
          .getCommandSpec()
          .addOption(
              OptionSpec.builder("-h", "--help")
                  .usageHelp(true)
                  .description("Show this help.")
                  .build());
    }
    return command;
  }

  private static ServerAddress address(String text) {
    try {
      return ServerAddress.parse(text);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }

  /** The program's metrics, served on {@code /metrics}. */
  public PrometheusMeterRegistry meters() {
    return meters;
  }

  /** Closes the part when the program ends, after those that were handed over later. */
  public <T extends AutoCloseable> T closing(T part) {
    synchronized (open) {
      open.push(part);
    }
    return part;
  }

  @Override
  public void close() {
    while (true) {
      AutoCloseable part;
      synchronized (open) {
        part = open.poll();
      }
      if (part == null) {
        return;
      }
      try {
        part.close();
      } catch (Exception e) {
        log.warn("closing {} failed", part.getClass().getSimpleName(), e);
      }
    }
  }
}
