package io.pilothouse.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.cli.GlobalOptions.Format;
import io.pilothouse.client.DmException;
import io.pilothouse.client.UnreachableException;
import io.pilothouse.tls.TlsException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns what went wrong into a message with a remedy, and an exit code. */
public final class Failures implements IExecutionExceptionHandler {

  @Override
  public int handleExecutionException(Exception e, CommandLine command, ParseResult parsed) {
    boolean json = root(command).options.format == Format.JSON;
    return report(toCliException(e), json);
  }

  static int usage(ParameterException e, String[] args) {
    CommandLine command = e.getCommandLine();
    String usage = "`" + command.getCommandSpec().qualifiedName() + " --help` shows what it takes";
    boolean json = root(command).options.format == Format.JSON;
    int code = report(CliException.usage(e.getMessage(), usage), json);
    if (!json) {
      UnmatchedArgumentException.printSuggestions(e, command.getErr());
    }
    return code;
  }

  private static Pilot root(CommandLine command) {
    CommandLine root = command;
    while (root.getParent() != null) {
      root = root.getParent();
    }
    return (Pilot) root.getCommand();
  }

  private static CliException toCliException(Exception e) {
    return switch (e) {
      case CliException known -> known;
      case TlsException tls ->
          new CliException(ExitCode.FAILED, "CERTIFICATE", message(tls), tls.remedy());
      case DmException refused ->
          new CliException(
              exitCode(refused.code()), refused.code(), message(refused), refused.remedy());
      case UnreachableException unreachable ->
          new CliException(
              ExitCode.UNREACHABLE,
              "UNREACHABLE",
              message(unreachable),
              "see which replicas run, and start one (quick start: pilot dev start dm-1); the fleet's log/"
                  + " directory says why they ended; or name others with --servers");
      default ->
          new CliException(
              ExitCode.FAILED, "FAILED", e.getClass().getSimpleName() + ": " + message(e), "");
    };
  }

  /** What went wrong; never nothing. */
  public static String message(Exception e) {
    String message = e.getMessage();
    return message == null ? e.getClass().getSimpleName() : message;
  }

  /** What a refusal with the name of a gRPC status comes to. */
  public static ExitCode exitCode(String code) {
    return switch (code) {
      case "INVALID_ARGUMENT", "UNIMPLEMENTED" -> ExitCode.USAGE;
      case "FAILED_PRECONDITION", "ABORTED", "ALREADY_EXISTS" -> ExitCode.REFUSED;
      case "PERMISSION_DENIED", "UNAUTHENTICATED" -> ExitCode.NOT_ALLOWED;
      case "UNAVAILABLE" -> ExitCode.UNREACHABLE;
      case "DEADLINE_EXCEEDED" -> ExitCode.GAVE_UP;
      default -> ExitCode.FAILED;
    };
  }

  private static int report(CliException e, boolean json) {
    if (json) {
      ObjectNode root = JsonNodeFactory.instance.objectNode();
      ObjectNode error = root.putObject("error");
      error.put("code", e.code()).put("message", e.getMessage()).put("remedy", e.remedy());
      System.err.println(root);
    } else {
      System.err.println("pilot: " + e.getMessage());
      if (!e.remedy().isEmpty()) {
        System.err.println("  remedy: " + e.remedy());
      }
    }
    return e.exitCode().code();
  }
}
