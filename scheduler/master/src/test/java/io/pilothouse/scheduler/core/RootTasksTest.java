package io.pilothouse.scheduler.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.mesos.v1.scheduler.Call;
import io.pilothouse.scheduler.core.Stage.FakeFramework;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Where tasks may not be root's. */
class RootTasksTest {
  private static final String COMMAND = "'command':{'value':'true'}";

  /** Says what became of a task, where nobody may be root. */
  private static String launchedWithoutRoot(String user, String what) {
    Stage strict = new Stage(options -> options.root(false));
    strict.agent("m1", "cpus:4;mem:1024");
    FakeFramework framework = strict.new FakeFramework(new Stage.Stream("s"), "", "");
    strict.core.subscribe(
        "s",
        Stage.read(
            "{'type':'SUBSCRIBE','subscribe':{'framework_info':{'user':'%s','name':'n'}}}"
                .formatted(user),
            Call.getDefaultInstance()),
        Optional.empty(),
        strict.now);
    strict.written();
    framework.id = framework.events().get(0).getSubscribed().getFrameworkId().getValue();
    strict.pass(0);
    framework.launch(framework.lastOffer(), "t1", "cpus:1", what);
    return framework.statuses().isEmpty() ? "launched" : framework.lastStatus().getMessage();
  }

  @Test
  void whereNobodyMayBeRootNoTaskIsItByItsOwnUserOrByNone() {
    assertThat(launchedWithoutRoot("u", COMMAND)).isEqualTo("launched");
    assertThat(launchedWithoutRoot("", "'command':{'value':'x','user':'u'}")).isEqualTo("launched");
    assertThat(launchedWithoutRoot("u", "'command':{'value':'x','user':'root'}"))
        .isEqualTo("User 'root' is not allowed to run tasks without --root_submissions set");
    assertThat(launchedWithoutRoot("", COMMAND))
        .startsWith("Neither the task nor its framework names a user");
    assertThat(
            launchedWithoutRoot(
                "u", "'executor':{'executor_id':{'value':'e'},'command':{'user':'0'}}"))
        .isEqualTo("User '0' is not allowed to run tasks without --root_submissions set");
  }
}
