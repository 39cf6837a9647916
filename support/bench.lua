-- For wrk: makes the calls that a file lists, one on each line (METHOD, path, body, separated by tabs), in order and
-- again from the top. Arguments: the file, the API key. The last line of the output is JSON.
-- wrk asks for one call before it begins, and does not make it, so the list begins with the second.
local calls, next = {}, -1

function init(args)
  wrk.headers["X-Authy-API-Key"] = args[2]
  for line in io.lines(args[1]) do
    local method, path, body = line:match("^(%u+)\t([^\t]+)\t(.*)$")
    wrk.headers["Content-Type"] = body ~= "" and "application/x-www-form-urlencoded" or nil
    calls[#calls + 1] = wrk.format(method, path, nil, body ~= "" and body or nil)
  end
end

function request()
  next = next % #calls + 1
  return calls[next]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format('\n{"answers": %d, "seconds": %f, "refused": %d, "lost": %d, "p50": %f, "p99": %f}\n',
    summary.requests, summary.duration / 1e6, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
