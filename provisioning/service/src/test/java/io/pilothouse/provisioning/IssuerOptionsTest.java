package io.pilothouse.provisioning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.client.ServerAddress;
import io.pilothouse.kit.ProgramException;
import io.pilothouse.tls.TlsDirectory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What does not go together is refused before a machine is touched. */
final class IssuerOptionsTest {
  @TempDir Path dir;

  private static Optional<Issuer> open(Path authority, TlsDirectory tls) {
    IssuerOptions options = new IssuerOptions();
    new CommandLine(options)
        .registerConverter(ServerAddress.class, ServerAddress::parse)
        .parseArgs("--issuer", authority.toString(), "--enrol", "127.0.0.1:18554");
    return options.open(Optional.of(tls));
  }

  @Test
  void anAuthorityOfItsOwnForMachinesMustBeAmongThoseThatAreBelieved() throws Exception {
    TestIssuer programs = TestIssuer.in(dir.resolve("programs"));
    TestIssuer machines = TestIssuer.in(dir.resolve("machines"));
    TlsDirectory tls = programs.tls("satellite/provisioning-1", Duration.ofDays(1));
    Path authority = machines.authority().dir();

    assertThatThrownBy(() -> open(authority, tls))
        .isInstanceOf(ProgramException.class)
        .hasMessageContaining("the authority of --issuer " + authority + " is not in");

    Files.writeString(
        tls.dir().resolve("ca.pem"),
        Files.readString(authority.resolve("ca.pem")),
        StandardOpenOption.APPEND);
    assertThat(open(authority, tls)).isPresent();
    assertThat(open(programs.authority().dir(), tls)).isPresent();
  }
}
