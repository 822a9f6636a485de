package io.pilothouse.scheduler.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.mesos.MediaType;
import io.pilothouse.mesos.v1.master.Call;
import io.pilothouse.mesos.v1.master.Event;
import io.pilothouse.scheduler.Site;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who listens to all that happens. */
class OperatorsTest {
  private static final int FRAMEWORKS = 40;

  private final Site site = new Site();
  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
    site.close();
  }

  private Client client(String path) {
    Client client = new Client(MediaType.PROTOBUF, site.url(path));
    open.add(client);
    return client;
  }

  private Client.Reader<Event> listener() throws Exception {
    Client client = client("/api/v1");
    Client.Reader<Event> stream =
        client.stream(
            client.request(client.body("{'type':'SUBSCRIBE'}", Call.getDefaultInstance())).build(),
            Event.getDefaultInstance());
    open.add(stream);
    return stream;
  }

  /** The picture is made beside the core, and nothing that happens meanwhile is lost or twice. */
  @Test
  void whoComesWhileMuchHappensSeesAllOfItOnce() throws Exception {
    List<Client.Reader<Event>> listeners = new ArrayList<>();
    Client frameworks = client(Subscriber.PATH);
    for (int i = 0; i < FRAMEWORKS; i++) {
      if (i % 4 == 0) {
        listeners.add(listener());
      }
      open.add(Subscriber.subscribe(frameworks));
    }
    for (Client.Reader<Event> listener : listeners) {
      Event.Subscribed first = listener.next().getSubscribed();
      List<String> ids = new ArrayList<>();
      first
          .getGetState()
          .getGetFrameworks()
          .getFrameworksList()
          .forEach(each -> ids.add(each.getFrameworkInfo().getId().getValue()));
      assertThat(listener.next().getType()).isEqualTo(Event.Type.HEARTBEAT);
      while (ids.size() < FRAMEWORKS) {
        ids.add(
            listener
                .next(Event::hasFrameworkAdded)
                .getFrameworkAdded()
                .getFramework()
                .getFrameworkInfo()
                .getId()
                .getValue());
      }
      assertThat(ids).doesNotHaveDuplicates().isSorted();
    }
  }
}
