package io.pilothouse.scheduler.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.SandboxEntry;
import io.pilothouse.api.v1.SandboxReply;
import io.pilothouse.api.v1.SandboxRequest;
import io.pilothouse.api.v1.SandboxTrouble;
import io.pilothouse.mesos.MediaType;
import io.pilothouse.scheduler.PlayedAgent;
import io.pilothouse.scheduler.Site;
import io.pilothouse.scheduler.loop.Leadership;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sandboxes as tools of Mesos ask for them: by calls, and by pages. */
class FilesApiTest {
  private static final String RUN = "/frameworks/f1/executors/t1/runs/latest";
  private final Site site = new Site();
  private final Client http = new Client(MediaType.JSON, site.url("/api/v1"));
  private PlayedAgent agent;

  @BeforeEach
  void attach() throws Exception {
    site.machineWithoutAgent("cpus:4;mem:1024");
    agent = new PlayedAgent(site);
  }

  @AfterEach
  void close() {
    http.close();
    agent.close();
    site.close();
  }

  private HttpResponse<String> get(String path) throws Exception {
    return http.send(HttpRequest.newBuilder(URI.create(site.url(path))).GET().build());
  }

  private HttpResponse<String> page(String page, String path, String more) throws Exception {
    return get(
        "/files/%s?path=%s%s"
            .formatted(page, URLEncoder.encode(path, StandardCharsets.UTF_8), more));
  }

  private HttpResponse<String> call(String json) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create(site.url("/api/v1")))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(json.replace('\'', '"')))
            .build());
  }

  private void has(String data, long size) {
    agent.answers(
        look ->
            Optional.of(
                SandboxReply.newBuilder().setSize(size).setData(ByteString.copyFromUtf8(data))));
  }

  private void hasEntries() {
    agent.answers(
        look ->
            Optional.of(
                SandboxReply.newBuilder()
                    .addEntries(
                        SandboxEntry.newBuilder()
                            .setName("logs")
                            .setKind("directory")
                            .setMode(040755)
                            .setOwner("ann")
                            .setGroup("staff")
                            .setModified(1_772_352_060_000L))
                    .addEntries(
                        SandboxEntry.newBuilder()
                            .setName("stdout")
                            .setKind("file")
                            .setSize(5)
                            .setMode(0100640)
                            .setOwner("ann")
                            .setGroup("staff")
                            .setModified(1_772_352_061_000L))));
  }

  @Test
  void aFileIsReadByACall() throws Exception {
    has("hello", 11);
    HttpResponse<String> answer =
        call(
            "{'type':'READ_FILE','read_file':{'path':'%s/logs/a.log','offset':6,'length':5}}"
                .formatted(RUN));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(answer.body())
        .isEqualTo("{\"type\":\"READ_FILE\",\"read_file\":{\"size\":11,\"data\":\"aGVsbG8=\"}}");
    SandboxRequest look = agent.look();
    assertThat(look.getPath()).isEqualTo("logs/a.log");
    assertThat(look.getFrameworkId()).isEqualTo("f1");
    assertThat(look.getExecutorId()).isEqualTo("t1");
    assertThat(look.getContainerId()).as("the newest").isEmpty();
    assertThat(look.getOffset()).isEqualTo(6);
    assertThat(look.getLength()).isEqualTo(5);
  }

  @Test
  void filesAreListedByACall() throws Exception {
    hasEntries();
    HttpResponse<String> answer =
        call("{'type':'LIST_FILES','list_files':{'path':'%s/'}}".formatted(RUN));
    assertThat(answer.body())
        .isEqualTo(
            ("{'type':'LIST_FILES','list_files':{'file_infos':["
                    + "{'path':'%s/logs','size':0,'mtime':{'nanoseconds':1772352060000000000},"
                    + "'mode':16877,'uid':'ann','gid':'staff'},"
                    + "{'path':'%s/stdout','size':5,'mtime':{'nanoseconds':1772352061000000000},"
                    + "'mode':33184,'uid':'ann','gid':'staff'}]}}")
                .formatted(RUN, RUN)
                .replace('\'', '"'));
    assertThat(agent.look().getList()).isTrue();
  }

  @Test
  void filesAreListedByAPage() throws Exception {
    hasEntries();
    HttpResponse<String> answer = page("browse", "/slaves/a1" + RUN, "");
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body())
        .isEqualTo(
            ("[{'gid':'staff','mode':'drwxr-xr-x','mtime':1772352060,'path':'/slaves/a1%s/logs',"
                    + "'size':0,'uid':'ann'},"
                    + "{'gid':'staff','mode':'-rw-r-----','mtime':1772352061,"
                    + "'path':'/slaves/a1%s/stdout','size':5,'uid':'ann'}]")
                .formatted(RUN, RUN)
                .replace('\'', '"'));
    assertThat(page("browse.json", RUN.replace("latest", "c7"), "").statusCode()).isEqualTo(200);
    assertThat(agent.look().getContainerId()).isEmpty();
    assertThat(agent.look().getContainerId()).isEqualTo("c7");
  }

  @Test
  void aFileIsReadByAPageFromWhereItIsAsked() throws Exception {
    has("lo", 5);
    assertThat(page("read", RUN + "/stdout", "&offset=3&length=10").body())
        .isEqualTo("{\"data\":\"lo\",\"offset\":3}");
    assertThat(agent.look().getLength()).isEqualTo(10);
    has("", 5);
    assertThat(page("read", RUN + "/stdout", "").body())
        .as("where its end is")
        .isEqualTo("{\"data\":\"\",\"offset\":5}");
    assertThat(agent.look().getLength()).isZero();
    assertThat(page("read", RUN + "/stdout", "&offset=99").body())
        .isEqualTo("{\"data\":\"\",\"offset\":5}");
    assertThat(agent.look().getLength()).isEqualTo(64 << 10);
    assertThat(get("/master/files/read.json?path=" + RUN + "/stdout&offset=-1").statusCode())
        .isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "/files/browse                              | 400 | Expecting 'path=value' in query.",
        "/files/read?path=                          | 400 | Expecting 'path=value' in query.",
        "/files/read?path=/slave/log                | 404 | '/slave/log' is no file of a sandbox; expected /frameworks/F/executors/E/runs/latest/PATH",
        "/files/read?path=/master/log               | 404 | is no file of a sandbox",
        "/files/read?path=/frameworks/f1/executors/t1 | 404 | is no file of a sandbox",
        "/files/read?path=/frameworks/f9/executors/t1/runs/latest/stdout | 404 | framework 'f9' has no executor or task 't1'",
        "/files/read?path=/frameworks/f1/executors/t9/runs/latest/stdout | 404 | framework 'f1' has no executor or task 't9'",
        "/files/read?path=/slaves/a9/frameworks/f1/executors/t1/runs/latest/stdout | 404 | no agent 'a9' is registered",
        "/files/read?path=x&offset=a                | 400 | Failed to parse offset: 'a' is no number",
        "/files/read?path=x&offset=-2               | 400 | Negative offset provided: -2",
        "/files/read?path=x&length=99999999999999999999 | 400 | Failed to parse length",
        "/files/download?path=x                     | 404 | 'x' is no file of a sandbox",
        "/files/download                            | 400 | Expecting 'path=value' in query.",
        "/files/download?path=/frameworks/f9/executors/t1/runs/latest/stdout | 404 | framework 'f9' has no",
      })
  void whatIsAskedWronglyIsSaid(String path, int status, String text) throws Exception {
    HttpResponse<String> answer = get(path);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    assertThat(answer.body()).contains(text);
  }

  /** So many bytes, of which each look gives a part, until something happens to it. */
  private void hasFile(byte[] file, int most, UnaryOperator<SandboxReply.Builder> then) {
    agent.answers(
        look -> {
          int from = (int) Math.min(file.length, look.getOffset());
          int length = Math.min(Math.min(most, look.getLength()), file.length - from);
          return Optional.of(
              then.apply(
                  SandboxReply.newBuilder()
                      .setContainerId("c7")
                      .setSize(file.length)
                      .setData(ByteString.copyFrom(file, from, length))));
        });
  }

  private HttpResponse<byte[]> download(String path) throws Exception {
    return http.sendForBytes(
        HttpRequest.newBuilder(
                URI.create(
                    site.url(
                        "/files/download?path=" + URLEncoder.encode(path, StandardCharsets.UTF_8))))
            .GET()
            .build());
  }

  @Test
  void aFileIsDownloadedInPiecesAndAllOfItIsThere() throws Exception {
    byte[] file = new byte[300_000];
    new Random(7).nextBytes(file);
    hasFile(file, 100_000, reply -> reply);

    HttpResponse<byte[]> answer = download(RUN + "/out/a \"file\"");

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo(file);
    assertThat(answer.headers().firstValue("Content-Length")).hasValue("300000");
    assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/octet-stream");
    assertThat(answer.headers().firstValue("Content-Disposition"))
        .hasValue("attachment; filename=\"a _file_\"");
    assertThat(agent.looks).hasSize(5).allMatch(each -> each.getLength() == 64 << 10);
    assertThat(agent.looks.stream().skip(1)).allMatch(each -> each.getContainerId().equals("c7"));
    hasFile(new byte[0], 1, reply -> reply);
    assertThat(download(RUN + "/empty").body()).isEmpty();
    assertThat(page("read", RUN + "/stdout", "").statusCode()).as("it serves on").isEqualTo(200);
  }

  @Test
  void aFileThatCannotBeReadToItsEndIsCutOff() throws Exception {
    AtomicInteger looks = new AtomicInteger();
    hasFile(
        new byte[200_000],
        64 << 10,
        reply ->
            looks.incrementAndGet() < 3
                ? reply
                : SandboxReply.newBuilder()
                    .setTrouble(SandboxTrouble.SANDBOX_GONE)
                    .setText("removed"));

    assertThatThrownBy(() -> download(RUN + "/stdout")).isInstanceOf(IOException.class);

    looks.set(0);
    hasFile(
        new byte[200_000],
        64 << 10,
        reply -> looks.incrementAndGet() < 3 ? reply : reply.clearData().setSize(5));
    assertThatThrownBy(() -> download(RUN + "/stdout"))
        .as("it became shorter")
        .isInstanceOf(IOException.class);
  }

  @Test
  void whileTooManyLookADownloadWaits() throws Exception {
    AtomicInteger looks = new AtomicInteger();
    byte[] file = new byte[100_000];
    hasFile(
        file,
        64 << 10,
        reply ->
            looks.incrementAndGet() == 2
                ? SandboxReply.newBuilder().setTrouble(SandboxTrouble.SANDBOX_BUSY).setText("busy")
                : reply);

    assertThat(download(RUN + "/stdout").body()).isEqualTo(file);
  }

  @ParameterizedTest
  @CsvSource({
    "SANDBOX_GONE, 404",
    "SANDBOX_NO_FILE, 404",
    "SANDBOX_REFUSED, 400",
    "SANDBOX_BUSY, 503",
    "SANDBOX_FAILED, 500"
  })
  void whatTheAgentDoesNotShowHasAStatus(SandboxTrouble trouble, int status) throws Exception {
    agent.answers(
        look -> Optional.of(SandboxReply.newBuilder().setTrouble(trouble).setText("so it is")));
    HttpResponse<String> page = page("read", RUN + "/stdout", "");
    assertThat(page.statusCode()).isEqualTo(status);
    assertThat(page.body()).isEqualTo("machine m1: so it is");
    HttpResponse<String> call =
        call("{'type':'LIST_FILES','list_files':{'path':'%s'}}".formatted(RUN));
    assertThat(call.statusCode()).isEqualTo(status);
  }

  @Test
  void aCallWithoutItsPartIsRefused() throws Exception {
    assertThat(call("{'type':'READ_FILE'}").body())
        .isEqualTo("Failed to validate master::Call: Expecting 'read_file' to be present");
    assertThat(call("{'type':'LIST_FILES'}").statusCode()).isEqualTo(400);
    assertThat(call("{'type':'LIST_FILES','list_files':{}}").body())
        .contains("Missing required fields");
  }

  @Test
  void whileTheAgentIsAwayNothingIsShown() throws Exception {
    agent.close();
    HttpResponse<String> answer = page("read", RUN + "/stdout", "");
    while (answer.statusCode() != 503) {
      assertThat(answer.statusCode()).as("it is noticed soon").isEqualTo(504);
      answer = page("read", RUN + "/stdout", "");
    }
    assertThat(answer.body()).startsWith("the agent of machine m1 is not connected");
    site.stopLeading(new Leadership.Standby(Optional.of("10.0.0.1:5050")));
    site.settle();
    assertThat(page("read", RUN + "/stdout", "").headers().firstValue("Location").orElse(""))
        .startsWith("//10.0.0.1:5050/files/read?path=");
  }
}
