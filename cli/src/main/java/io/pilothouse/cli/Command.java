package io.pilothouse.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.pilothouse.api.v1.GetStatusRequest;
import io.pilothouse.api.v1.StatusReply;
import io.pilothouse.api.v1.WriteContext;
import io.pilothouse.api.v1.WriteReply;
import io.pilothouse.cli.GlobalOptions.Format;
import io.pilothouse.client.LightClient;
import io.pilothouse.tls.HttpConnections;
import io.pilothouse.tls.Peers;
import java.io.Console;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** What all commands share: the global options, the connection and the printers. */
public abstract class Command implements Callable<Integer> {
  private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(10);

  /** Acts on more machines than this are asked about first. */
  protected static final int MANY = 100;

  @Spec @Nullable CommandSpec spec;

  private @Nullable LightClient client;
  private @Nullable Identity identity;

  /** Does the command's work. */
  protected abstract ExitCode run() throws Exception;

  @Override
  public final Integer call() throws Exception {
    return run().code();
  }

  protected final GlobalOptions options() {
    CommandSpec here = spec;
    if (here == null) {
      throw new IllegalStateException("a command runs only under pilot");
    }
    return ((Pilot) here.root().userObject()).options;
  }

  protected final Format format() {
    return options().format;
  }

  protected final boolean json() {
    return format() == Format.JSON;
  }

  protected final boolean yes() {
    return options().yes;
  }

  protected final boolean quiet() {
    return options().quiet;
  }

  protected final Duration timeout() {
    Duration given = options().timeout;
    return given == null ? DEFAULT_TIMEOUT : given;
  }

  /** The client's time-out when one was given. */
  protected final Optional<Duration> givenTimeout() {
    return Optional.ofNullable(options().timeout);
  }

  /** Whether output may be coloured, where it is a terminal. */
  protected final boolean colors() {
    String asked = System.getenv("NO_COLOR");
    return !options().noColor && (asked == null || asked.isEmpty());
  }

  public final Home home() {
    return Home.resolve(Optional.ofNullable(options().home), System.getenv());
  }

  /** Asks the Device Manager. Method is of the Operator service, for example GetStatus. */
  protected final <R extends Message> R ask(String method, Message request, Parser<R> parser) {
    return ask(method, request, parser, timeout());
  }

  /** As {@link #ask(String, Message, Parser)} with a deadline of its own. */
  protected final <R extends Message> R ask(
      String method, Message request, Parser<R> parser, Duration deadline) {
    return answered(open().call(method, request, parser, deadline));
  }

  /** As above; each server gets {@code attempt} to answer. */
  protected final <R extends Message> R ask(
      String method, Message request, Parser<R> parser, Duration deadline, Duration attempt) {
    return answered(open().call(method, request, parser, deadline, attempt));
  }

  private LightClient open() {
    LightClient open = client;
    if (open == null) {
      open = client(servers());
      client = open;
    }
    return open;
  }

  /** How the fleet is, in short. */
  protected final StatusReply status() {
    return ask("GetStatus", GetStatusRequest.getDefaultInstance(), StatusReply.parser());
  }

  private static <R extends Message> R answered(R answer) {
    if (answer instanceof WriteReply reply && !reply.getOrder().isEmpty()) {
      throw waits(reply);
    }
    return answer;
  }

  /** Nothing was done yet: a script must not take it for done. */
  private static CliException waits(WriteReply reply) {
    return new CliException(
        ExitCode.GAVE_UP,
        "WAITS_FOR_APPROVAL",
        String.join("\n", reply.getLinesList()),
        "have somebody else run: pilot approval approve %s --reason WHY"
            .formatted(reply.getOrder()));
  }

  /** Asks only these, as the person who typed the command. */
  protected final LightClient client(List<String> servers) {
    Identity self = identity();
    return new LightClient(servers, self.principal(), self.tls());
  }

  /**
   * Asks once as another principal; the method is of any service: {@code SERVICE/METHOD}.
   *
   * @param insists whether the principal was asked for; else a certificate that was given decides
   */
  protected final <R extends Message> R askAs(
      String principal, boolean insists, String method, Message request, Parser<R> parser) {
    Identity self = Identity.find(tlsDirectory(), home(), principal, insists);
    return new LightClient(servers(), self.principal(), self.tls())
        .call(method, request, parser, timeout());
  }

  /** As whom this command speaks, and by which certificate. */
  protected final Identity identity() {
    Identity found = identity;
    if (found == null) {
      boolean insists = options().user != null;
      found = Identity.find(tlsDirectory(), home(), "operator/" + user(), insists);
      identity = found;
    }
    return found;
  }

  private @Nullable String tlsDirectory() {
    String given = options().tls;
    return given == null ? System.getenv("PILOT_TLS") : given;
  }

  /** How deployment replicas are reached. */
  protected final HttpConnections contents() {
    return HttpConnections.to(Peers.CONTENTS, identity().tls());
  }

  /** Whom to act as. */
  protected final String user() {
    String given = options().user;
    if (given == null) {
      return System.getProperty("user.name", "unknown");
    }
    if (!given.matches("[A-Za-z0-9][A-Za-z0-9._@-]{0,62}")) {
      throw CliException.usage(
          "\"" + given + "\" cannot be a user's name", "use 1 to 63 of letters, digits . _ @ -");
    }
    return given;
  }

  /** Who and why of a write, with a fresh client id so that a retry is done once. */
  protected final WriteContext writeContext() {
    return WriteContext.newBuilder()
        .setClientId("cli-" + UUID.randomUUID())
        .setSequence(1)
        .setReason(options().reason)
        .build();
  }

  /** The reason, which this act must have. */
  protected final String requireReason(String act) {
    String reason = options().reason;
    if (reason.isBlank()) {
      throw CliException.usage(act + " needs a reason for the audit trail", "add --reason \"why\"");
    }
    return reason;
  }

  /**
   * Prints a result in the asked format.
   *
   * @param data for json and yaml
   * @param table for people
   * @param names one a line, for scripts
   */
  protected final void show(
      Supplier<ObjectNode> data, Supplier<String> table, Supplier<List<String>> names) {
    switch (format()) {
      case JSON -> print(Json.text(data.get()));
      case YAML -> System.out.print(Json.yaml(data.get()));
      case NAME -> names.get().forEach(this::print);
      case TABLE, WIDE -> print(table.get());
    }
  }

  protected final void say(String line) {
    if (!quiet()) {
      System.err.println(line);
    }
  }

  protected final void print(String line) {
    System.out.println(line);
  }

  /**
   * Asks before a dangerous act: the person types {@code word}. Refused without a terminal unless
   * {@code --yes}.
   */
  protected final void confirm(String blastRadius, String word) {
    if (yes()) {
      return;
    }
    Console console =
        Terminal.console()
            .orElseThrow(
                () ->
                    new CliException(
                        ExitCode.REFUSED,
                        "CONFIRMATION_NEEDED",
                        blastRadius + " There is no terminal to ask on.",
                        "add --yes when that is what you want"));
    String typed = console.readLine("%s%nType \"%s\" to go on: ", blastRadius, word);
    if (!word.equals(typed)) {
      throw new CliException(ExitCode.REFUSED, "NOT_CONFIRMED", "Not confirmed.", "");
    }
  }

  /** As {@link #confirm} when an act concerns more machines than a person keeps in mind. */
  protected final void confirmMany(long machines, String blastRadius, String word) {
    if (machines > MANY) {
      confirm(blastRadius, word);
    }
  }

  /** HTTP addresses of the Device Manager, as given or as the fleet here has them. */
  protected final List<String> servers() {
    String given = options().servers;
    if (given == null) {
      given = System.getenv("PILOT_SERVERS");
    }
    if (given != null && !given.isBlank()) {
      return List.of(given.split(","));
    }
    List<String> known = home().contextList("http");
    if (known.isEmpty()) {
      throw new CliException(
          ExitCode.UNREACHABLE,
          "NO_SERVERS",
          "no Device Manager is known: there is no fleet in " + home().dir(),
          "start one with `pilot up`, or name one with --servers HOST:PORT or PILOT_SERVERS");
    }
    return known;
  }
}
