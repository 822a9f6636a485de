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
import io.pilothouse.tls.HttpConnections;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** What a new fleet is given: the images and versions that come with it, and a first rollout. */
record FirstLoad(
    Replicas replicas,
    ContentUpload.Asking dm,
    HttpConnections connections,
    Consumer<String> say,
    Supplier<WriteContext> context) {
  private static final int TRIES = 100;

  /** Waits until a deployment replica is up. */
  interface Replicas {
    ListManifestsReply await() throws InterruptedException;
  }

  /** Adds every image and version that the fleet names. */
  void contents(List<FleetSource.Content> contents) throws IOException, InterruptedException {
    replicas.await();
    ContentUpload upload = new ContentUpload(dm, connections, (done, total) -> {});
    for (FleetSource.Content content : contents) {
      ContentUpload.Added added = upload.add(ContentUpload.Wanted.of(content.dir()), context.get());
      say.accept(
          "  added %s@%s, %d files"
              .formatted(
                  added.ref().getName(), added.ref().getVersion(), added.manifest().getFiles()));
    }
  }

  /** Rolls the first version out to each type; it waits there for machines to come into service. */
  void rollouts(Fleet fleet, List<FleetSource.Content> contents) throws InterruptedException {
    for (MachineType type : fleet.getTypesList()) {
      boolean used =
          fleet.getMachinesList().stream().anyMatch(each -> each.getType().equals(type.getName()));
      if (!used || type.getManifest().isEmpty()) {
        continue;
      }
      Optional<String> version = FleetSource.first(contents, type.getManifest());
      if (version.isEmpty()) {
        say.accept(
            ("  no version of manifest %s came with the fleet: pilot manifest add DIR, then"
                    + " pilot rollout start %s %s@VERSION")
                .formatted(type.getManifest(), type.getName(), type.getManifest()));
        continue;
      }
      StartRolloutRequest request =
          StartRolloutRequest.newBuilder()
              .setType(type.getName())
              .setName(type.getManifest())
              .setVersion(version.get())
              .setContext(context.get().toBuilder().setReason("first version of a new fleet"))
              .build();
      awaitHeld(type.getManifest(), version.get());
      WriteReply reply = dm.ask("StartRollout", request, WriteReply.parser());
      say.accept(
          "  rollout %s: %s → %s@%s"
              .formatted(reply.getId(), type.getName(), type.getManifest(), version.get()));
    }
  }

  /** A replica says what it holds a moment after it has it. */
  private void awaitHeld(String name, String version) throws InterruptedException {
    for (int i = 0; i < TRIES; i++) {
      ListManifestsReply reply = replicas.await();
      boolean held =
          reply.getItemsList().stream()
              .filter(each -> each.getRef().getName().equals(name))
              .filter(each -> each.getRef().getVersion().equals(version))
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
        "no deployment replica holds %s@%s".formatted(name, version),
        "look into the logs of deployment-1 and deployment-2");
  }
}
