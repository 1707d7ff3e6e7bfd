/** Keys and the audit log: {@code /keys}, {@code /audit}. */
@NullMarked
package dev.whetstone.gateway.admin;

import org.jspecify.annotations.NullMarked;
