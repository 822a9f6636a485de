package io.pilothouse.manifests;

import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.manifests.table.ObjectTable;
import io.pilothouse.manifests.table.Shapes;

/** Fields of the documents that say what a directory is when it is neither manifest nor image. */
final class ContentTables {
  static final Kind<VersionRef.Builder> WATCHDOG_SET =
      new Kind<>(
          "WatchdogSet",
          "Health scripts that come and go together, beside the scripts.",
          VersionRef::newBuilder,
          named("disk-checks"));

  static final Kind<VersionRef.Builder> AGENT =
      new Kind<>(
          "Agent",
          "An agent, beside the lib/ and jvm/ of the distribution that it comes from.",
          VersionRef::newBuilder,
          named("agent"));

  private ContentTables() {}

  private static ObjectTable<VersionRef.Builder> named(String example) {
    return ObjectTable.<VersionRef.Builder>of()
        .required("name", Shapes.name(example), VersionRef.Builder::setName, "Its name.")
        .required(
            "version",
            FleetTables.version(),
            VersionRef.Builder::setVersion,
            "Its version, quoted.");
  }
}
