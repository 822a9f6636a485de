package io.pilothouse.scheduler.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.pilothouse.mesos.http.Exchange;
import io.pilothouse.mesos.v1.MasterInfo;
import io.pilothouse.mesos.v1.master.Response.GetState;
import io.pilothouse.scheduler.core.Picture;
import io.pilothouse.scheduler.loop.Leadership;
import io.pilothouse.scheduler.loop.Loop;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/** What tools poll with GET, from before there was a v1 API. */
final class Pages {
  /** Of the API that is spoken. Clients split it at its dots and read the parts as numbers. */
  static final String VERSION = "1.11.0";

  private static final JsonFactory JSON = new JsonFactory();

  private final Loop loop;
  private final Documents documents;
  private final Gate gate;
  private final MasterInfo master;
  private final long started;

  Pages(Loop loop, Documents documents, Gate gate, MasterInfo master, long started) {
    this.loop = loop;
    this.documents = documents;
    this.gate = gate;
    this.master = master;
    this.started = started;
  }

  /** Writes a document. */
  interface Writer {
    void write(JsonGenerator json) throws IOException;
  }

  void version(Exchange exchange) {
    exchange.json(
        document(
            json -> {
              json.writeStartObject();
              json.writeStringField("version", VERSION);
              json.writeStringField("build_user", "pilothouse");
              json.writeEndObject();
            }));
  }

  void health(Exchange exchange) {
    exchange.text(200, "");
  }

  /** Where the leader is: here, there, or nowhere. */
  void redirect(Exchange exchange) {
    switch (loop.leadership()) {
      case Leadership.Leading leading -> to(exchange, self());
      case Leadership.Starting starting -> to(exchange, self());
      case Leadership.Standby(Optional<String> leader) -> {
        if (leader.isPresent()) {
          to(exchange, leader.get());
        } else {
          exchange.text(503, Gate.NOT_LEADING);
        }
      }
    }
  }

  private static void to(Exchange exchange, String leader) {
    exchange.text(307, "", Map.of("Location", "//" + leader));
  }

  private String self() {
    return master.getHostname() + ":" + master.getPort();
  }

  void metrics(Exchange exchange) {
    ask(
        exchange,
        picture -> {
          Map<String, Double> all = picture.metrics();
          all.put("master/uptime_secs", (System.currentTimeMillis() - started) / 1000.0);
          return json -> {
            json.writeStartObject();
            for (Map.Entry<String, Double> each : all.entrySet()) {
              json.writeNumberField(each.getKey(), each.getValue());
            }
            json.writeEndObject();
          };
        });
  }

  void state(Exchange exchange) {
    document(exchange, (state, json) -> state.write(json));
  }

  void summary(Exchange exchange) {
    document(exchange, (state, json) -> state.summary(json));
  }

  /** Writes what is wanted of all there is. */
  private interface Part {
    void write(StateJson state, JsonGenerator json) throws IOException;
  }

  private void document(Exchange exchange, Part part) {
    if (gate.pass(exchange) == null) {
      return;
    }
    documents.answer(
        exchange,
        (core, now) -> {
          Supplier<GetState> state = core.picture().stateLater();
          return () ->
              exchange.json(
                  document(json -> part.write(new StateJson(master, started, state.get()), json)));
        });
  }

  /** The core is asked for what there is; the text is made of it elsewhere. */
  private void ask(Exchange exchange, Function<Picture, Writer> what) {
    if (gate.pass(exchange) == null) {
      return;
    }
    loop.submit(
        (core, now) -> {
          Writer writer = what.apply(core.picture());
          exchange.later(() -> exchange.json(document(writer)));
        },
        () -> exchange.text(503, Gate.NOT_LEADING));
  }

  static byte[] document(Writer writer) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (JsonGenerator json = JSON.createGenerator(out)) {
      writer.write(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // nothing here touches a device
    }
    return out.toByteArray();
  }
}
