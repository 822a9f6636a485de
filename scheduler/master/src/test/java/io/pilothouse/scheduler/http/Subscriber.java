package io.pilothouse.scheduler.http;

import io.pilothouse.mesos.v1.scheduler.Call;
import io.pilothouse.mesos.v1.scheduler.Event;
import java.net.http.HttpResponse;

/** What every client of the scheduler API does first. */
final class Subscriber {
  static final String PATH = "/api/v1/scheduler";
  static final String SUBSCRIBE =
      "{'type':'SUBSCRIBE','subscribe':{'framework_info':{'user':'u','name':'n'}}}";
  static final String ID = "Mesos-Stream-Id";

  private Subscriber() {}

  static byte[] call(Client client, String json) {
    return client.body(json, Call.getDefaultInstance());
  }

  static Client.Reader<Event> subscribe(Client client) throws Exception {
    return client.stream(
        client.request(call(client, SUBSCRIBE)).build(), Event.getDefaultInstance());
  }

  static String streamId(Client.Reader<Event> stream) {
    return stream.response.headers().firstValue(ID).orElseThrow();
  }

  static HttpResponse<String> call(
      Client client, Client.Reader<Event> stream, String framework, String json) throws Exception {
    String withId = json.replaceFirst("\\{", "{'framework_id':{'value':'" + framework + "'},");
    return client.send(client.request(call(client, withId)).header(ID, streamId(stream)).build());
  }
}
