package io.pilothouse.agent;

import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.processes.ProcFs;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A test with a rig and an application manager. */
abstract class ProcessCase {
  static final String PID = "echo $$ > \"$OUT/pid\"\n";

  @TempDir Path dir;
  Rig rig;
  ApplicationManager applications;

  @BeforeEach
  void start() throws IOException {
    rig = new Rig(dir);
    applications = rig.applications();
  }

  @AfterEach
  void stop() throws IOException {
    rig.close();
  }

  void run(VersionRef version) throws Exception {
    stage(version);
    rig.settle(applications);
  }

  void stage(VersionRef version) throws Exception {
    rig.serve(version);
    rig.staged.round();
  }

  /** Runs nothing any more. */
  void stopAll(VersionRef version) throws Exception {
    rig.want(rig.inService().setRunProcesses(false).addStaged(version).setActive(version));
    applications.round();
  }

  String text() {
    return applications.problem().map(Problem::text).orElse("");
  }

  String fault() {
    return applications.problem().map(Problem::fault).orElse("");
  }

  boolean runs(String file) throws IOException {
    return ProcFs.startTicks(Long.parseLong(rig.said(file))).isPresent();
  }

  void awaitSaid(String file) throws Exception {
    Rig.await(() -> !rig.said(file).isEmpty());
  }
}
