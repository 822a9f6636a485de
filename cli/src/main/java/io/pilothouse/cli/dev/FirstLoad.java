package io.pilothouse.cli.dev;

import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.ListManifestsReply;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.StartRolloutRequest;
import io.pilothouse.api.v1.WriteContext;
import io.pilothouse.api.v1.WriteReply;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.content.ContentUpload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * What a new quick-start fleet is given: the example's images and versions, and a first rollout.
 */
record FirstLoad(
    Replicas replicas,
    ContentUpload.Asking dm,
    Consumer<String> say,
    Supplier<WriteContext> context) {
  private static final String FIRST_VERSION = "1.0.0";
  private static final int TRIES = 100;

  /** Waits until a deployment replica is up. */
  interface Replicas {
    ListManifestsReply await() throws InterruptedException;
  }

  /** Adds every image and version that the example ships. */
  void contents(Path examples) throws IOException, InterruptedException {
    replicas.await();
    ContentUpload upload = new ContentUpload(dm, (done, total) -> {});
    for (String kind : List.of("images", "web")) {
      for (Path dir : directories(examples.resolve(kind))) {
        ContentUpload.Added added = upload.add(ContentUpload.Wanted.of(dir), context.get());
        say.accept(
            "  added %s@%s, %d files"
                .formatted(
                    added.ref().getName(), added.ref().getVersion(), added.manifest().getFiles()));
      }
    }
  }

  /** Rolls the first version out to each type; it waits there for machines to come into service. */
  void rollouts(Fleet fleet) throws InterruptedException {
    for (MachineType type : fleet.getTypesList()) {
      boolean used =
          fleet.getMachinesList().stream().anyMatch(each -> each.getType().equals(type.getName()));
      if (!used) {
        continue;
      }
      StartRolloutRequest request =
          StartRolloutRequest.newBuilder()
              .setType(type.getName())
              .setName(type.getManifest())
              .setVersion(FIRST_VERSION)
              .setContext(context.get().toBuilder().setReason("first version of the quick start"))
              .build();
      awaitHeld(type.getManifest());
      WriteReply reply = dm.ask("StartRollout", request, WriteReply.parser());
      say.accept(
          "  rollout %s: %s → %s@%s"
              .formatted(reply.getId(), type.getName(), type.getManifest(), FIRST_VERSION));
    }
  }

  /** A replica says what it holds a moment after it has it. */
  private void awaitHeld(String name) throws InterruptedException {
    for (int i = 0; i < TRIES; i++) {
      ListManifestsReply reply = replicas.await();
      boolean held =
          reply.getItemsList().stream()
              .filter(each -> each.getRef().getName().equals(name))
              .filter(each -> each.getRef().getVersion().equals(FIRST_VERSION))
              .anyMatch(
                  each ->
                      reply.getReplicasList().stream()
                          .anyMatch(
                              replica ->
                                  replica.getUp()
                                      && replica
                                          .getHeldList()
                                          .contains(each.getRef().getDigest())));
      if (held) {
        return;
      }
      Thread.sleep(200);
    }
    throw new CliException(
        ExitCode.GAVE_UP,
        "NOT_HELD",
        "no deployment replica holds %s@%s".formatted(name, FIRST_VERSION),
        "look into the logs of deployment-1 and deployment-2");
  }

  private static List<Path> directories(Path dir) throws IOException {
    try (Stream<Path> list = Files.list(dir)) {
      return list.filter(Files::isDirectory).sorted().toList();
    }
  }
}
