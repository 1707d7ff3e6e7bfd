package dev.whetstone.gateway.pages;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings of the pages, {@code whetstone.pages.*}. */
@ConfigMapping(prefix = "whetstone.pages")
public interface PagesConfig {
  /** How long a browser stays signed in. */
  @WithDefault("30D")
  Duration session();

  /** How long a one-time link can be opened. */
  @WithDefault("10M")
  Duration link();

  /** Share of chat messages that are answered twice, for a choice; 0 leaves it to the user. */
  @WithDefault("0.25")
  double pairShare();

  /** Whether cookies are sent over TLS only, where a proxy ends TLS without saying so. */
  @WithDefault("false")
  boolean secureCookies();
}
