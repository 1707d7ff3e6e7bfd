package dev.whetstone.models;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Fetches a file from Hugging Face or a mirror of it, {@code HF_ENDPOINT}; {@code HF_TOKEN} opens
 * private repositories, and the {@link EnvironmentProxy} leads there. Goes on where a broken
 * transfer stopped.
 */
final class HuggingFaceDownload {
  private static final String DEFAULT_ENDPOINT = "https://huggingface.co";
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(10);
  private static final int MAX_REDIRECTS = 5;
  private static final int TRIES_WITHOUT_PROGRESS = 3;
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final URI endpoint;
  private final @Nullable String token;
  private final EnvironmentProxy proxy;

  /**
   * Reads the environment.
   *
   * @throws IOException if {@code HF_ENDPOINT} is not the address of a server
   */
  HuggingFaceDownload(Map<String, String> environment) throws IOException {
    String address = environment.getOrDefault("HF_ENDPOINT", "").strip();
    this.endpoint = endpoint(address.isEmpty() ? DEFAULT_ENDPOINT : address);
    String secret = environment.getOrDefault("HF_TOKEN", "").strip();
    this.token = secret.isEmpty() ? null : secret;
    this.proxy = new EnvironmentProxy(environment);
  }

  private static URI endpoint(String address) throws IOException {
    try {
      URI uri = URI.create(address.replaceAll("/+$", ""));
      if (uri.getHost() != null && ("https".equals(uri.getScheme()) || isHttp(uri))) {
        return uri;
      }
    } catch (IllegalArgumentException malformed) {
      // reported below
    }
    throw new IOException("HF_ENDPOINT is not the address of a server: " + address);
  }

  private static boolean isHttp(URI uri) {
    return "http".equals(uri.getScheme());
  }

  /**
   * Appends what a partial file lacks.
   *
   * @param bytes of the whole file
   * @param listener receives the number of bytes that are here
   * @throws IOException with a sentence on what failed; what came stays in the file
   */
  void fetch(
      ModelSource.HuggingFaceFile wanted, long bytes, PartialFile file, LongConsumer listener)
      throws IOException {
    URI address =
        URI.create(
            endpoint
                + "/%s/resolve/%s/%s"
                    .formatted(wanted.repository(), wanted.revision(), wanted.file()));
    long begun = file.length();
    int tries = 0;
    while (file.length() < bytes) {
      long before = file.length();
      try {
        transfer(address, bytes, file, listener);
      } catch (RefusedException refused) {
        throw refused;
      } catch (IOException broken) {
        tries = file.length() > before ? 0 : tries + 1;
        if (FullDisk.isReason(broken)) {
          throw broken;
        }
        // a server that never answered is not asked again, since another source may be at hand
        if (tries >= TRIES_WITHOUT_PROGRESS || file.length() <= begun) {
          throw new IOException(reason(broken), broken);
        }
        pause();
      }
    }
  }

  private void transfer(URI address, long bytes, PartialFile file, LongConsumer listener)
      throws IOException {
    HttpURLConnection connection = open(address, file.length());
    try {
      if (connection.getResponseCode() == HttpURLConnection.HTTP_OK) {
        // the server knows no ranges: all comes again
        file.truncate(0);
      }
      long length = connection.getContentLengthLong();
      if (length >= 0 && file.length() + length != bytes) {
        throw new RefusedException(
            "%s holds a file of %d bytes instead of %d"
                .formatted(address.getHost(), file.length() + length, bytes));
      }
      try (InputStream in = connection.getInputStream()) {
        byte[] buffer = new byte[1 << 16];
        for (int n; file.length() < bytes && (n = in.read(buffer)) >= 0; ) {
          file.append(buffer, (int) Math.min(n, bytes - file.length()));
          listener.accept(file.length());
        }
      }
      if (file.length() < bytes) {
        throw new IOException("the transfer broke off");
      }
    } finally {
      connection.disconnect();
    }
  }

  /** Follows redirects; the token goes to the endpoint only. */
  private HttpURLConnection open(URI address, long from) throws IOException {
    URI next = address;
    for (int i = 0; i <= MAX_REDIRECTS; i++) {
      HttpURLConnection connection = ask(next, from);
      int status = connection.getResponseCode();
      String location = connection.getHeaderField("Location");
      if (status == HttpURLConnection.HTTP_OK || status == HttpURLConnection.HTTP_PARTIAL) {
        return connection;
      }
      connection.disconnect();
      if (status / 100 != 3 || location == null) {
        throw new RefusedException(
            "%s answers %d%s".formatted(endpoint.getHost(), status, meaning(status)));
      }
      URI target = next.resolve(location);
      if (target.getHost() == null || (isHttp(target) && !isHttp(endpoint))) {
        throw new RefusedException(endpoint.getHost() + " redirects to an unsafe address");
      }
      next = target;
    }
    throw new RefusedException(endpoint.getHost() + " redirects without end");
  }

  private HttpURLConnection ask(URI address, long from) throws IOException {
    HttpURLConnection connection =
        (HttpURLConnection) address.toURL().openConnection(proxy.of(address));
    connection.setInstanceFollowRedirects(false);
    connection.setConnectTimeout((int) CONNECT_TIMEOUT.toMillis());
    connection.setReadTimeout((int) ANSWER_TIMEOUT.toMillis());
    connection.setRequestProperty("User-Agent", "whetstone");
    connection.setRequestProperty("Accept-Encoding", "identity");
    if (from > 0) {
      connection.setRequestProperty("Range", "bytes=" + from + "-");
    }
    if (token != null && address.getRawAuthority().equals(endpoint.getRawAuthority())) {
      connection.setRequestProperty("Authorization", "Bearer " + token);
    }
    awaitAnswer(connection);
    return connection;
  }

  // On a thread of its own, because a name server that does not answer knows no timeout in Java.
  private static void awaitAnswer(HttpURLConnection connection) throws IOException {
    FutureTask<Integer> answer = new FutureTask<>(connection::getResponseCode);
    Thread.ofPlatform().daemon().name("whetstone-fetch").start(answer);
    try {
      answer.get(ANSWER_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException failed) {
      throw failed.getCause() instanceof IOException cause ? cause : new IOException(failed);
    } catch (TimeoutException late) {
      throw new SocketTimeoutException("no answer");
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while fetching", interrupted);
    }
  }

  private static void pause() throws IOException {
    try {
      Thread.sleep(PAUSE);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while fetching", interrupted);
    }
  }

  private static String meaning(int status) {
    return switch (status) {
      case 401, 403 -> " (HF_TOKEN is missing or not allowed)";
      case 404 -> " (no such file)";
      case 429 -> " (too many requests)";
      default -> "";
    };
  }

  private String reason(IOException failed) {
    String host = endpoint.getHost() + throughProxy();
    return switch (failed) {
      case UnknownHostException _ -> host + " cannot be found (no network, or no DNS)";
      case SocketTimeoutException _ -> host + " does not answer";
      case ConnectException _ -> host + " cannot be reached";
      case NoRouteToHostException _ -> host + " cannot be reached";
      default -> "the transfer from " + host + " broke off";
    };
  }

  private String throughProxy() {
    try {
      return proxy.of(endpoint).address() instanceof InetSocketAddress used
          ? " through the proxy " + used.getHostString() + ":" + used.getPort()
          : "";
    } catch (IOException unreadable) {
      return "";
    }
  }

  /** An answer that another try would not change. */
  private static final class RefusedException extends IOException {
    private static final long serialVersionUID = 1;

    RefusedException(String message) {
      super(message);
    }
  }
}
