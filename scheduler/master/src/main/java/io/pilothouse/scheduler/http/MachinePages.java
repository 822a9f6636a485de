package io.pilothouse.scheduler.http;

import com.google.protobuf.Message;
import io.pilothouse.mesos.MesosJson;
import io.pilothouse.mesos.http.Bodies;
import io.pilothouse.mesos.http.Exchange;
import io.pilothouse.scheduler.core.Maintenance;
import io.pilothouse.scheduler.loop.Loop;
import java.util.Map;
import java.util.function.Function;

/**
 * {@code /maintenance/*}, {@code /machine/*} and {@code /flags}: what the Device Manager takes can
 * be read; who takes and gives back machines is asked for there alone.
 */
final class MachinePages {
  /** For the commands that take a machine. */
  static final String DRAIN = refusal("pilot machine drain M --reason WHY");

  static final String UNDRAIN = refusal("pilot machine undrain M");
  static final String DECOMMISSION = refusal("pilot machine decommission M --reason WHY");

  private final Loop loop;
  private final Gate gate;

  MachinePages(Loop loop, Gate gate) {
    this.loop = loop;
    this.gate = gate;
  }

  private static String refusal(String command) {
    return " is not allowed: machines are the Device Manager's: run `" + command + "`";
  }

  void schedule(Exchange exchange) {
    show(exchange, Maintenance::schedule);
  }

  void status(Exchange exchange) {
    show(exchange, Maintenance::status);
  }

  void up(Exchange exchange) {
    refuse(exchange, UNDRAIN);
  }

  void down(Exchange exchange) {
    refuse(exchange, DRAIN);
  }

  private void refuse(Exchange exchange, String why) {
    if (gate.pass(exchange) != null && Bodies.isPost(exchange)) {
      exchange.text(403, exchange.method() + " " + exchange.path() + why);
    }
  }

  private void show(Exchange exchange, Function<Maintenance, Message> what) {
    if (exchange.method().equals("POST")) {
      refuse(exchange, DRAIN);
    } else if (isRead(exchange)) {
      ask(
          exchange,
          (core, now) -> {
            Message message = what.apply(core.questions(now).maintenance());
            exchange.later(() -> exchange.json(MesosJson.write(message)));
          });
    }
  }

  void flags(Exchange exchange) {
    if (isRead(exchange)) {
      ask(
          exchange,
          (core, now) -> {
            Map<String, String> flags = core.picture().flags();
            exchange.later(() -> exchange.json(document(flags)));
          });
    }
  }

  private static byte[] document(Map<String, String> flags) {
    return Pages.document(
        json -> {
          json.writeStartObject();
          json.writeObjectFieldStart("flags");
          for (Map.Entry<String, String> each : flags.entrySet()) {
            json.writeStringField(each.getKey(), each.getValue());
          }
          json.writeEndObject();
          json.writeEndObject();
        });
  }

  /** False: it was answered. */
  private boolean isRead(Exchange exchange) {
    if (gate.pass(exchange) == null) {
      return false;
    }
    if (exchange.method().equals("GET")) {
      return true;
    }
    exchange.text(
        405,
        "Expecting one of { 'GET' }, but received '" + exchange.method() + "'",
        Map.of("Allow", "GET"));
    return false;
  }

  private void ask(Exchange exchange, Loop.Input question) {
    loop.submit(question, () -> exchange.text(503, Gate.NOT_LEADING));
  }
}
