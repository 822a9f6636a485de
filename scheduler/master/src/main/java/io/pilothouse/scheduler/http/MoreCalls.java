package io.pilothouse.scheduler.http;

import io.pilothouse.api.v1.SandboxEntry;
import io.pilothouse.api.v1.SandboxRequest;
import io.pilothouse.mesos.MediaType;
import io.pilothouse.mesos.http.Exchange;
import io.pilothouse.mesos.v1.master.Call;
import io.pilothouse.mesos.v1.master.Response;
import io.pilothouse.scheduler.core.Core;
import io.pilothouse.scheduler.loop.Loop;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;

/** Calls of the operator API that are not about frameworks: files, machines, flags, the log. */
final class MoreCalls {
  private static final long NANOS = 1_000_000;
  private static final int PIECE = 64 << 10;

  private final Loop loop;
  private final SandboxCalls files;
  private final LoggingLevel logging = new LoggingLevel();

  MoreCalls(Loop loop, SandboxCalls files) {
    this.loop = loop;
    this.files = files;
  }

  /** Of any call that is not answered elsewhere. */
  void answer(Exchange exchange, Call call, MediaType type) {
    switch (call.getType()) {
      case LIST_FILES -> list(exchange, call, type);
      case READ_FILE -> read(exchange, call, type);
      case GET_LOGGING_LEVEL -> {
        Response.Builder response = Response.newBuilder().setType(Response.Type.GET_LOGGING_LEVEL);
        response.getGetLoggingLevelBuilder().setLevel(logging.get());
        exchange.message(type, response.build());
      }
      case SET_LOGGING_LEVEL -> logging.set(exchange, call);
      case GET_FLAGS ->
          ask(
              exchange,
              type,
              Response.Type.GET_FLAGS,
              (core, now) -> core.picture().flags(),
              MoreCalls::flags);
      case GET_MAINTENANCE_STATUS ->
          ask(
              exchange,
              type,
              Response.Type.GET_MAINTENANCE_STATUS,
              (core, now) -> core.questions(now).maintenance().status(),
              (response, status) -> response.getGetMaintenanceStatusBuilder().setStatus(status));
      case GET_MAINTENANCE_SCHEDULE ->
          ask(
              exchange,
              type,
              Response.Type.GET_MAINTENANCE_SCHEDULE,
              (core, now) -> core.questions(now).maintenance().schedule(),
              (response, schedule) ->
                  response.getGetMaintenanceScheduleBuilder().setSchedule(schedule));
      case UPDATE_MAINTENANCE_SCHEDULE, START_MAINTENANCE, DRAIN_AGENT, DEACTIVATE_AGENT ->
          exchange.text(403, call.getType() + MachinePages.DRAIN);
      case STOP_MAINTENANCE, REACTIVATE_AGENT ->
          exchange.text(403, call.getType() + MachinePages.UNDRAIN);
      case MARK_AGENT_GONE -> exchange.text(403, call.getType() + MachinePages.DECOMMISSION);
      default -> exchange.text(501, "Call " + call.getType() + " is not served by this scheduler");
    }
  }

  private static void flags(Response.Builder response, Map<String, String> flags) {
    response.getGetFlagsBuilder(); // it is there, if empty
    flags.forEach(
        (name, value) ->
            response.getGetFlagsBuilder().addFlagsBuilder().setName(name).setValue(value));
  }

  private void list(Exchange exchange, Call call, MediaType type) {
    if (!call.hasListFiles()) {
      exchange.text(400, missing("list_files"));
      return;
    }
    String path = call.getListFiles().getPath();
    files.ask(
        exchange,
        path,
        SandboxRequest.newBuilder().setList(true),
        reply -> {
          Response.Builder response = Response.newBuilder().setType(Response.Type.LIST_FILES);
          response.getListFilesBuilder(); // it is there, if empty
          for (SandboxEntry each : reply.getEntriesList()) {
            response
                .getListFilesBuilder()
                .addFileInfosBuilder()
                .setPath(FilePages.below(path, each))
                .setSize(each.getSize())
                .setMode(each.getMode())
                .setUid(each.getOwner())
                .setGid(each.getGroup())
                .getMtimeBuilder()
                .setNanoseconds(each.getModified() * NANOS);
          }
          exchange.message(type, response.build());
        });
  }

  private void read(Exchange exchange, Call call, MediaType type) {
    if (!call.hasReadFile()) {
      exchange.text(400, missing("read_file"));
      return;
    }
    Call.ReadFile asked = call.getReadFile();
    long length = asked.hasLength() ? asked.getLength() : PIECE;
    files.ask(
        exchange,
        asked.getPath(),
        SandboxRequest.newBuilder()
            .setOffset(asked.getOffset())
            .setLength((int) (length < 0 ? PIECE : Math.min(length, PIECE))), // unsigned
        reply ->
            exchange.message(
                type,
                Response.newBuilder()
                    .setType(Response.Type.READ_FILE)
                    .setReadFile(
                        Response.ReadFile.newBuilder()
                            .setSize(reply.getSize())
                            .setData(reply.getData()))
                    .build()));
  }

  private static String missing(String part) {
    return "Failed to validate master::Call: Expecting '%s' to be present".formatted(part);
  }

  /** The core is asked for what there is; the document is made of it elsewhere. */
  private <T> void ask(
      Exchange exchange,
      MediaType type,
      Response.Type what,
      BiFunction<Core, Long, T> question,
      BiConsumer<Response.Builder, T> fill) {
    loop.submit(
        (core, now) -> {
          T found = question.apply(core, now);
          Response.Builder response = Response.newBuilder().setType(what);
          fill.accept(response, found);
          exchange.later(() -> exchange.message(type, response.build()));
        },
        () -> exchange.text(503, Gate.NOT_LEADING));
  }
}
