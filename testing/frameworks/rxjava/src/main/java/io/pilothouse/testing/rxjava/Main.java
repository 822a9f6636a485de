package io.pilothouse.testing.rxjava;

import com.mesosphere.mesos.rx.java.protobuf.ProtobufMesosClientBuilder;
import com.mesosphere.mesos.rx.java.protobuf.SchedulerCalls;
import com.mesosphere.mesos.rx.java.util.UserAgentEntries;
import java.net.URI;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import org.apache.mesos.v1.Protos.FrameworkID;
import org.apache.mesos.v1.Protos.FrameworkInfo;
import org.apache.mesos.v1.scheduler.Protos.Call;

/**
 * {@code Main URI ID [NAME=COMMAND]...}: runs the commands as tasks and tells on standard output
 * what happens, a line each. Without commands it asks for the tasks that the framework of this id
 * has, and waits for their ends. It tears the framework down when no task is left, and ends with
 * the stream.
 *
 * <p>URI is the scheduler's, {@code http://[USER:SECRET@]HOST:PORT/api/v1/scheduler}; the id is
 * chosen by the framework, or {@code -}: then by the scheduler. Ends with 0, or with 1 and what
 * went wrong.
 */
public final class Main {
  private static final double FAILOVER_SECONDS = 60;

  private Main() {}

  public static void main(String[] args) {
    try {
      Deque<Job> jobs = new ArrayDeque<>();
      Arrays.stream(args).skip(2).map(Job::parse).forEach(jobs::add);
      run(URI.create(args[0]), args[1], jobs);
      System.out.println("the stream has ended");
      System.exit(0);
    } catch (Throwable e) { // as the library declares it
      Batch.fail(e);
    }
  }

  private static void run(URI uri, String id, Deque<Job> jobs) throws Throwable {
    Batch batch = new Batch(jobs);
    ProtobufMesosClientBuilder.schedulerUsingProtos()
        .mesosUri(uri)
        .applicationUserAgentEntry(UserAgentEntries.literal("batch", "1.0"))
        .subscribe(subscribe(id))
        .processStream(batch::process)
        .build()
        .openStream()
        .await();
  }

  private static Call subscribe(String id) {
    FrameworkInfo.Builder info =
        FrameworkInfo.newBuilder()
            .setUser(System.getProperty("user.name"))
            .setName("batch")
            .setRole("*")
            .setFailoverTimeout(FAILOVER_SECONDS);
    if (!id.equals("-")) {
      FrameworkID own = FrameworkID.newBuilder().setValue(id).build();
      return SchedulerCalls.subscribe(own, info.setId(own).build());
    }
    return Call.newBuilder()
        .setType(Call.Type.SUBSCRIBE)
        .setSubscribe(Call.Subscribe.newBuilder().setFrameworkInfo(info))
        .build();
  }
}
