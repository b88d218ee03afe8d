// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// The hash has a field for each holder, `<token>` -> `shared:<end>` or `exclusive:<end>` with the
// end in milliseconds of the server's clock, and a field `retired`. Redis runs one script at a
// time, so what two clients do happens one after the other, by one clock.
//
// An object that is retired while it is held expires, with its parts, when the last lease ends;
// each renewal puts that off. So the server itself removes what a dead holder leaves, and nobody
// needs to look. If the last holder gives its lease back before, the script removes the object. The
// hash expires with the last lease as well.
#include "leases.hpp"

#include <algorithm>
#include <string_view>

#include "detail/deadline.hpp"

namespace proxystore::inline v0::redis {

namespace {

using std::chrono::milliseconds;

// KEYS: the object, the hash, what tells who was first, parts. ARGV: the manifest, verb, token,
// mode, time to live. Returns whether the lease is held (lease, renew).
constexpr std::string_view script = R"(
if ARGV[2] == 'retire' or redis.call('HEXISTS', KEYS[2], 'retired') == 1 then
  local other = other_manifest()
  if other then return other end
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local verb, token, mode, till = ARGV[2], ARGV[3], ARGV[4], now + tonumber(ARGV[5])
local holders, exclusive, retired, held, last = 0, false, false, nil, 0
local entries = redis.call('HGETALL', KEYS[2])
for i = 1, #entries, 2 do
  if entries[i] == 'retired' then
    retired = true
  else
    local how, ends = string.match(entries[i + 1], '^(%a+):(%d+)$')
    ends = tonumber(ends)
    if ends <= now or (verb == 'unlease' and entries[i] == token) then
      redis.call('HDEL', KEYS[2], entries[i])
    else
      holders = holders + 1
      last = math.max(last, ends)
      if how == 'exclusive' then exclusive = true end
      if entries[i] == token then held = how end
    end
  end
end
local result = 0
if verb == 'lease' and not retired and not exclusive and (mode == 'shared' or holders == 0) then
  held, holders, result = mode, holders + 1, 1
elseif verb == 'renew' and held then
  result = 1
elseif verb == 'retire' then
  retired = true
end
if result == 1 then
  redis.call('HSET', KEYS[2], token, held .. ':' .. string.format('%.0f', till))
  last = math.max(last, till)
end
if holders == 0 then
  redis.call('DEL', KEYS[2])
  if retired and (verb == 'unlease' or verb == 'retire') then
    redis.call('DEL', KEYS[1])
    for i = 3, #KEYS do redis.call('UNLINK', KEYS[i]) end
  end
  return 0
end
last = string.format('%.0f', last)
if retired then
  redis.call('HSET', KEYS[2], 'retired', '1')
  redis.call('PEXPIREAT', KEYS[1], last)
  for i = 4, #KEYS do redis.call('PEXPIREAT', KEYS[i], last) end
end
redis.call('PEXPIREAT', KEYS[2], last)
return result
)";

}  // namespace

bool Leases::run(const std::string& name, const char* verb, std::uint64_t token, const char* mode,
                 milliseconds ttl) {
  const std::string others[] = {objects_.beside(name) + "leases", objects_.first_of(name)};
  const std::string arguments[] = {verb, std::to_string(token), mode,
                                   std::to_string(detail::clamp_wait(ttl).count())};
  static const std::string whole_script = std::string(Manifest::other_in_lua) + std::string(script);
  return objects_.evaluate(whole_script, name, others, arguments, verb) != 0;
}

bool Leases::take(const std::string& name, LeaseMode mode, std::uint64_t token, milliseconds ttl) {
  return run(name, "lease", token, mode == LeaseMode::exclusive ? "exclusive" : "shared", ttl);
}

bool Leases::renew(const std::string& name, std::uint64_t token, milliseconds ttl) {
  return run(name, "renew", token, "", ttl);
}

void Leases::give_back(const std::string& name, std::uint64_t token) {
  (void)run(name, "unlease", token, "", milliseconds(0));
}

void Leases::retire(const std::string& name) {
  (void)run(name, "retire", 0, "", milliseconds(0));
}

}  // namespace proxystore::inline v0::redis
