package dev.whetstone.settings;

import io.smallrye.config.ConfigSourceInterceptor;
import io.smallrye.config.ConfigSourceInterceptorContext;
import io.smallrye.config.ConfigValue;
import org.jspecify.annotations.Nullable;

/**
 * Lets the application server read what proxies say only where one is named: reading it replaces a
 * request's Host header, so that one without a host, or with two, would no longer be seen.
 */
public final class ProxySettings implements ConfigSourceInterceptor {
  private static final long serialVersionUID = 1L;

  private static final String FORWARDING = "quarkus.http.proxy.proxy-address-forwarding";
  private static final String PROXIES = "whetstone.gateway.trusted-proxies";

  @Override
  public @Nullable ConfigValue getValue(ConfigSourceInterceptorContext context, String name) {
    ConfigValue value = context.proceed(name);
    if (value == null || !name.equals(FORWARDING)) {
      return value;
    }
    ConfigValue proxies = context.proceed(PROXIES);
    boolean named = proxies != null && proxies.getValue() != null && !proxies.getValue().isBlank();
    return value.withValue(Boolean.toString(named));
  }
}
