package dev.whetstone.gateway.http;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Settings of the HTTP side, {@code whetstone.gateway.*}. */
@ConfigMapping(prefix = "whetstone.gateway")
public interface GatewayConfig {
  /** Address to listen on; 0.0.0.0 for every interface. */
  @WithDefault("127.0.0.1")
  String host();

  /**
   * Origins whose pages may use the gateway from a browser, with a key, such as {@code
   * http://localhost:3000}, separated by commas; {@code *} for any. None by default.
   */
  Optional<List<String>> corsOrigins();

  /**
   * Addresses of proxies (or networks, such as {@code 10.0.0.0/8}), separated by commas, whose
   * {@code X-Forwarded-For}, {@code -Proto}, {@code -Host} and {@code -Prefix} are believed. None
   * by default.
   */
  Optional<String> trustedProxies();

  /** Largest request body of the JSON routes, in bytes. */
  @WithDefault("1M")
  MemorySize maxBody();

  /** Bytes of all JSON bodies that are being received or parsed; one more is told to try again. */
  @WithDefault("16M")
  MemorySize maxBodyMemory();

  /**
   * Time within which a JSON body must have arrived; an upload must go on within it. A slower
   * client gets a 408, and its connection is closed.
   */
  @WithDefault("PT30S")
  Duration bodyTimeout();

  /**
   * Time within which a request's line and headers must have arrived, from the connection or the
   * first byte of a later request on. A slower client gets a 408, and its connection is closed.
   */
  @WithDefault("PT20S")
  Duration headerTimeout();

  /** Open connections of all clients; one more is closed at once. */
  @WithDefault("4096")
  int maxConnections();

  /**
   * Open connections of one address; one more is closed at once. Behind a proxy all clients have
   * its address: give it all of {@code max-connections} then.
   */
  @WithDefault("2048")
  int maxAddressConnections();

  /**
   * How long a gateway that is told to stop still answers new requests, with 503 and Retry-After:
   * for load balancers to take it out. Then what runs may end, and the port closes.
   */
  @WithDefault("PT1S")
  Duration drainDelay();

  /**
   * Free space below WHETSTONE_HOME under which pairs and votes are refused with 507, where the
   * database is embedded.
   */
  @WithDefault("256M")
  MemorySize minFreeSpace();

  /** Tokens of a completion when the request names no {@code max_tokens}. */
  @WithDefault("512")
  int defaultMaxTokens();

  /** Temperature of a single answer when neither the request nor the model's authors name one. */
  @WithDefault("1.0")
  double defaultTemperature();

  /**
   * Temperature of a pair when the request names none. A model's recommended one may be so low that
   * both answers are nearly the same, and a choice between two such teaches nothing.
   */
  @WithDefault("0.8")
  double pairTemperature();

  /** Longest time a generation may take, time in the queue included. */
  @WithDefault("5M")
  Duration requestTimeout();

  /** Events that may wait for a slow streaming client before its request is cancelled. */
  @WithDefault("1024")
  int streamBuffer();

  /** Value of Retry-After when the queue is full or the model is not loaded. */
  @WithDefault("2S")
  Duration retryAfter();

  /** Requests a second that one key may make, averaged over {@code rate-burst}. */
  @WithDefault("20000")
  double keyRate();

  /** Requests a second that one user of a key may make, averaged over {@code rate-burst}. */
  @WithDefault("5000")
  double userRate();

  /** Burst size of both rate limits: a key or user may send this time's requests at once. */
  @WithDefault("4S")
  Duration rateBurst();

  /** Generations of one key that may run or wait at once. */
  @WithDefault("256")
  int keyConcurrency();

  /** Tokens, of prompts and answers, that one key may use a minute; 0 for any number. */
  @WithDefault("0")
  long keyTokensAMinute();

  /** Bytes of pairs that may be stored for one key a day; 0 for any number. */
  @WithDefault("4G")
  MemorySize keyStoredBytesADay();

  /** How long a pair can be voted on after it was generated. */
  @WithDefault("7D")
  Duration pairExpiry();
}
