package io.pilothouse.scheduler.http;

import io.pilothouse.mesos.MediaType;
import io.pilothouse.mesos.http.Accept;
import io.pilothouse.mesos.http.Bodies;
import io.pilothouse.mesos.http.Exchange;
import io.pilothouse.mesos.v1.MasterInfo;
import io.pilothouse.mesos.v1.master.Call;
import io.pilothouse.mesos.v1.master.Response;
import io.pilothouse.scheduler.core.Picture;
import io.pilothouse.scheduler.loop.Loop;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** {@code POST /api/v1}: what operators' tools ask. */
final class OperatorEndpoint {
  /** Why something that Mesos serves is not allowed here, and what to do instead. */
  static final String ROLES_ARE_TEXT =
      " is not allowed: weights and quotas of roles are text: change the role's `kind: Role` in the"
          + " fleet directory and run `pilot apply`";

  private final Loop loop;
  private final Documents documents;
  private final Gate gate;
  private final Operators operators;
  private final MoreCalls more;
  private final OperatorOperations operations;
  private final MasterInfo master;
  private final long started;

  OperatorEndpoint(
      Documents documents,
      Gate gate,
      Operators operators,
      MoreCalls more,
      MasterInfo master,
      long started) {
    this.documents = documents;
    this.loop = documents.loop();
    this.gate = gate;
    this.operators = operators;
    this.more = more;
    this.operations = new OperatorOperations(loop);
    this.master = master;
    this.started = started;
  }

  void handle(Exchange exchange) {
    Gate.@Nullable Caller caller = gate.pass(exchange);
    if (caller == null || !Bodies.isPost(exchange)) {
      return;
    }
    @Nullable Call call = Bodies.read(exchange, Call.getDefaultInstance());
    if (call == null) {
      return;
    }
    if (!call.hasType()) {
      exchange.text(400, "Failed to validate master::Call: Expecting 'type' to be present");
      return;
    }
    Optional<MediaType> type = Accept.choose(exchange.headers("Accept"));
    if (type.isEmpty()) {
      exchange.text(406, Bodies.NOT_ACCEPTABLE);
      return;
    }
    answer(exchange, call, type.get(), caller.principal());
  }

  @SuppressWarnings("deprecation") // tools still set quotas the older way, too
  private void answer(Exchange exchange, Call call, MediaType type, Optional<String> principal) {
    switch (call.getType()) {
      case GET_HEALTH ->
          exchange.message(
              type,
              response(Response.Type.GET_HEALTH)
                  .setGetHealth(Response.GetHealth.newBuilder().setHealthy(true))
                  .build());
      case GET_VERSION -> {
        Response.Builder version = response(Response.Type.GET_VERSION);
        version.getGetVersionBuilder().getVersionInfoBuilder().setVersion(Pages.VERSION);
        exchange.message(type, version.build());
      }
      case GET_MASTER ->
          exchange.message(
              type,
              response(Response.Type.GET_MASTER)
                  .setGetMaster(
                      Response.GetMaster.newBuilder()
                          .setMasterInfo(master)
                          .setStartTime(started / 1000.0)
                          .setElectedTime(started / 1000.0))
                  .build());
      case GET_STATE ->
          document(
              exchange,
              type,
              Response.Type.GET_STATE,
              Picture::stateLater,
              Response.Builder::setGetState);
      case GET_AGENTS ->
          document(
              exchange,
              type,
              Response.Type.GET_AGENTS,
              Picture::agentsLater,
              Response.Builder::setGetAgents);
      case GET_FRAMEWORKS ->
          document(
              exchange,
              type,
              Response.Type.GET_FRAMEWORKS,
              Picture::frameworksLater,
              Response.Builder::setGetFrameworks);
      case GET_EXECUTORS ->
          document(
              exchange,
              type,
              Response.Type.GET_EXECUTORS,
              Picture::executorsLater,
              Response.Builder::setGetExecutors);
      case GET_TASKS ->
          document(
              exchange,
              type,
              Response.Type.GET_TASKS,
              Picture::tasksLater,
              Response.Builder::setGetTasks);
      case GET_ROLES ->
          ask(exchange, type, Response.Type.GET_ROLES, (r, p) -> r.setGetRoles(p.roles()));
      case GET_QUOTA ->
          ask(exchange, type, Response.Type.GET_QUOTA, (r, p) -> r.setGetQuota(p.quota()));
      case GET_WEIGHTS ->
          ask(exchange, type, Response.Type.GET_WEIGHTS, (r, p) -> r.setGetWeights(p.weights()));
      case UPDATE_QUOTA, SET_QUOTA, REMOVE_QUOTA, UPDATE_WEIGHTS ->
          exchange.text(403, call.getType() + ROLES_ARE_TEXT);
      case GET_METRICS ->
          ask(
              exchange,
              type,
              Response.Type.GET_METRICS,
              (r, p) ->
                  p.metrics()
                      .forEach(
                          (name, value) ->
                              r.getGetMetricsBuilder()
                                  .addMetricsBuilder()
                                  .setName(name)
                                  .setValue(value)));
      case GET_OPERATIONS ->
          ask(
              exchange,
              type,
              Response.Type.GET_OPERATIONS,
              (r, p) -> r.setGetOperations(p.operations()));
      case RESERVE_RESOURCES,
          UNRESERVE_RESOURCES,
          CREATE_VOLUMES,
          DESTROY_VOLUMES,
          GROW_VOLUME,
          SHRINK_VOLUME ->
          operations.handle(exchange, call, principal);
      case TEARDOWN -> tearDown(exchange, call);
      case SUBSCRIBE -> operators.subscribe(documents, exchange, type);
      default -> more.answer(exchange, call, type);
    }
  }

  private static Response.Builder response(Response.Type type) {
    return Response.newBuilder().setType(type);
  }

  /** The core is asked for what there is; the document is made of it elsewhere. */
  private void ask(
      Exchange exchange,
      MediaType type,
      Response.Type what,
      BiConsumer<Response.Builder, Picture> fill) {
    loop.submit(
        (core, now) -> {
          Response.Builder response = response(what);
          fill.accept(response, core.picture());
          exchange.later(() -> exchange.message(type, response.build()));
        },
        () -> exchange.text(503, Gate.NOT_LEADING));
  }

  /** The same, of what is large. */
  private <T> void document(
      Exchange exchange,
      MediaType type,
      Response.Type what,
      Function<Picture, Supplier<T>> look,
      BiConsumer<Response.Builder, T> fill) {
    documents.answer(
        exchange,
        (core, now) -> {
          Supplier<T> seen = look.apply(core.picture());
          return () -> {
            Response.Builder response = response(what);
            fill.accept(response, seen.get());
            exchange.message(type, response.build());
          };
        });
  }

  private void tearDown(Exchange exchange, Call call) {
    if (!call.hasTeardown()) {
      exchange.text(400, "Failed to validate master::Call: Expecting 'teardown' to be present");
      return;
    }
    tearDown(exchange, call.getTeardown().getFrameworkId().getValue());
  }

  /** {@code POST /teardown}: what tools sent before there was a v1 API. */
  void tearDownPage(Exchange exchange) {
    if (gate.pass(exchange) == null || !Bodies.isPost(exchange)) {
      return;
    }
    Optional<String> id = exchange.formField("frameworkId");
    if (id.isEmpty() || id.get().isEmpty()) {
      exchange.text(400, "Missing 'frameworkId' query parameter in the request body");
      return;
    }
    tearDown(exchange, id.get());
  }

  private void tearDown(Exchange exchange, String id) {
    loop.submit(
        (core, now) -> {
          if (core.tearDown(id, now)) {
            exchange.text(200, "");
          } else {
            exchange.text(400, "No framework found with specified ID");
          }
        },
        () -> exchange.text(503, Gate.NOT_LEADING));
  }
}
