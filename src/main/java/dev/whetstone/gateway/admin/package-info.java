/**
 * Keys and the audit log: {@code /keys}, {@code /audit}. Begin with {@link KeysResource}. Table
 * {@code keys} belongs to {@code security}, {@code audit} to {@code database}.
 */
@NullMarked
package dev.whetstone.gateway.admin;

import org.jspecify.annotations.NullMarked;
