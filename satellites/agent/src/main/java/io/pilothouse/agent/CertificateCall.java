package io.pilothouse.agent;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.pilothouse.tls.HttpConnections;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Asks those who issue certificates, one after the other. */
final class CertificateCall {
  private static final int CONNECT_MS = 5_000;
  private static final int READ_MS = 20_000;
  private static final int MOST_BYTES = 4 << 20;

  private CertificateCall() {}

  /** One has answered, and said no: another will not say otherwise. */
  static final class RefusedException extends Exception {
    private static final long serialVersionUID = 1L;

    RefusedException(String message) {
      super(message);
    }
  }

  /**
   * The certificate, as PEM.
   *
   * @throws IOException when none answers, or none can just now; says what the last one said
   */
  static String post(
      HttpConnections connections,
      List<String> servers,
      String path,
      Map<String, String> headers,
      String request)
      throws IOException, RefusedException {
    return first(connections, servers, path, call -> send(call, headers, request));
  }

  /** What is there to be had, as text. */
  static String get(HttpConnections connections, List<String> servers, String path)
      throws IOException, RefusedException {
    return first(connections, servers, path, call -> {});
  }

  private interface Request {
    void on(HttpURLConnection call) throws IOException;
  }

  private static String first(
      HttpConnections connections, List<String> servers, String path, Request request)
      throws IOException, RefusedException {
    IOException last = new IOException("no address of an issuer is known");
    for (String server : servers) {
      try {
        return answer(connections.open(server, path), request);
      } catch (IOException e) {
        last = new IOException("https://%s%s: %s".formatted(server, path, reason(e)), e);
      }
    }
    throw last;
  }

  private static String reason(IOException e) {
    @Nullable Throwable cause = e.getCause(); // a handshake's own message is the trust manager's
    String message = cause == null ? e.getMessage() : cause.getMessage();
    return message == null ? e.toString() : message;
  }

  private static void send(HttpURLConnection call, Map<String, String> headers, String request)
      throws IOException {
    call.setRequestMethod("POST");
    call.setDoOutput(true);
    call.setRequestProperty("Content-Type", "application/pkcs10");
    headers.forEach(call::setRequestProperty);
    try (OutputStream out = call.getOutputStream()) {
      out.write(request.getBytes(US_ASCII));
    }
  }

  private static String answer(HttpURLConnection call, Request request)
      throws IOException, RefusedException {
    call.setConnectTimeout(CONNECT_MS);
    call.setReadTimeout(READ_MS);
    call.setInstanceFollowRedirects(false); // a token is for nobody else
    request.on(call);
    int status = call.getResponseCode();
    if (status == HttpURLConnection.HTTP_OK) {
      return text(call.getInputStream());
    }
    String why = text(call.getErrorStream()).strip().replace("\n", "; ");
    if (status >= 400 && status < 500 && status != 429) {
      throw new RefusedException(why);
    }
    throw new IOException("HTTP %d: %s".formatted(status, why));
  }

  private static String text(@Nullable InputStream body) throws IOException {
    if (body == null) {
      return "";
    }
    try (body) {
      return new String(body.readNBytes(MOST_BYTES), UTF_8);
    }
  }
}
