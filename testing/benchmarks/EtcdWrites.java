import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.MethodDescriptor;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Puts of 256 bytes under a thousand keys, by etcd's v3 API. */
record EtcdWrites(Channel leader) implements Writes {

  private static final MethodDescriptor<byte[], byte[]> PUT =
      MethodDescriptor.<byte[], byte[]>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName("etcdserverpb.KV/Put")
          .setRequestMarshaller(new Bytes())
          .setResponseMarshaller(new Bytes())
          .build();

  static EtcdWrites to(String address) {
    return new EtcdWrites(
        ManagedChannelBuilder.forTarget("dns:///" + address)
            .usePlaintext()
            .directExecutor()
            .disableRetry()
            .build());
  }

  @Override
  public void start(long number, Runnable done) {
    ClientCalls.asyncUnaryCall(
        leader.newCall(PUT, CallOptions.DEFAULT),
        put("m-%04d".formatted(number % 1000)),
        new Answer<>(done));
  }

  /** PutRequest: key = 1, value = 2. */
  private static byte[] put(String key) {
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      CodedOutputStream out = CodedOutputStream.newInstance(bytes);
      out.writeBytes(1, ByteString.copyFromUtf8(key));
      out.writeBytes(2, ByteString.copyFrom(TEXT, StandardCharsets.US_ASCII));
      out.flush();
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** A write that fails ends the run: what was not acknowledged must not count. */
  record Answer<T>(Runnable done) implements StreamObserver<T> {
    @Override
    public void onNext(T answer) {}

    @Override
    public void onError(Throwable e) {
      e.printStackTrace();
      System.exit(1);
    }

    @Override
    public void onCompleted() {
      done.run();
    }
  }
}
