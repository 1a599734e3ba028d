/* What may speak for a UKey on this machine: our own agent, JIT PNXClient and BJCA XTXApp. docs/ukey.md tells
   where their protocols are known from. Each is an object with
     list(done)                          done(problem, certificates)
     sign(certificate, text, done, tell) done(problem, {kind, signature, certificate}); tell('page'|'pin_wrong', value)
     prepare()                           where there is one: called within the click, before sign
     asksPin                             the page itself has to ask, and sets certificate.pin
   A problem is {code, tries, detail}; its codes are none, no_key, refused, pin_wrong, pin_locked, cancelled,
   expired and failed. */
window.ukeyDrivers = (function () {
  'use strict';
  var QUICK = 3000;          /* whoever listens on loopback answers sooner */
  var SLOW = 300000;         /* a driver's own PIN window */
  var POLL = 600;

  function call(method, url, body, type, wait, done) {
    var request = new XMLHttpRequest();
    request.open(method, url);
    request.timeout = wait;
    if (type) request.setRequestHeader('Content-Type', type);
    request.onload = function () { done(request.responseText, request.status); };
    request.onerror = request.ontimeout = function () { done(null, 0); };
    request.send(body);
  }
  function parsed(text) {
    try { return JSON.parse(text); } catch (error) { return null; }
  }
  function isLoopback(url) { return /^(https?|wss?):\/\/(127\.0\.0\.1|localhost)(:\d+)?(\/|$)/.test(url); }

  /* Our own agent: JSON over HTTP; the PIN is typed on the agent's own page, never here ---------------- */
  function agentAt(base, wait) {
    var popup = null;
    base = base.replace(/\/$/, '');

    /* An unknown origin gets an answer that it may not read: then somebody is there and refuses us. */
    function unreachable(done) {
      var timer = setTimeout(function () { answer('none'); }, QUICK);
      function answer(code) { clearTimeout(timer); if (done) done({ code: code }); done = null; }
      fetch(base + '/certificates', { mode: 'no-cors', cache: 'no-store' })
        .then(function () { answer('refused'); }, function () { answer('none'); });
    }
    function close() { if (popup) popup.close(); popup = null; }
    function follow(id, done, tell) {
      var wrong = '';
      function look() {
        call('GET', base + '/signatures/' + id, null, '', QUICK * 4, function (text, status) {
          var item = parsed(text);
          if (status === 404) return end({ code: 'expired' });
          if (status !== 200 || !item) return end({ code: 'failed' });
          if (item.state === 'signed') {
            return end(null, { kind: 'raw', signature: item.signature, certificate: item.certificate });
          }
          if (item.state !== 'asking' && item.state !== 'busy') return end({ code: item.state, detail: item.detail });
          if (item.state === 'asking' && popup && popup.closed) {
            call('DELETE', base + '/signatures/' + id, null, '', QUICK, function () {});
            return end({ code: 'cancelled' });
          }
          if (item.pin_wrong && wrong !== 'x' + item.tries) tell('pin_wrong', item.tries);
          wrong = item.pin_wrong ? 'x' + item.tries : '';
          setTimeout(look, POLL);
        });
      }
      function end(problem, result) { close(); done(problem, result); }
      look();
    }
    return {
      list: function (done) {
        call('GET', base + '/certificates', null, '', wait, function (text) {
          var answer = parsed(text);
          if (!answer) return unreachable(done);
          if (answer.certificates && answer.certificates.length) return done(null, answer.certificates);
          done(answer.detail ? { code: 'failed', detail: answer.detail } : { code: 'no_key' });
        });
      },
      /* Browsers open windows only while a click is being handled. */
      prepare: function () { popup = window.open('about:blank', 'wangting-ukey', 'width=560,height=660'); },
      sign: function (certificate, text, done, tell) {
        var order = JSON.stringify({ certificate: certificate.id, text: text });
        call('POST', base + '/signatures', order, 'application/json', QUICK * 4, function (body, status) {
          var answer = parsed(body) || {};
          if (status === 201 && answer.page && answer.page.indexOf(base + '/ask/') === 0) {
            if (popup) popup.location = answer.page;
            tell('page', answer.page);
          } else {
            close();
          }
          if (status === 201) return follow(answer.id, done, tell);
          if (status === 409) return done({ code: 'no_key' });
          if (status) return done({ code: 'failed', detail: answer.code });
          unreachable(done);
        });
      },
      cancel: close
    };
  }

  /* JIT PNXClient: "Name:{json}" posted as text; its own window asks for the PIN -------------------------- */
  var JIT_CANCELLED = [3758096386, 3758096385, 2148532334];
  var JIT_NO_KEY = [3758096481, -536870815];
  var JIT_PIN_WRONG = [2148532331, 0x0A000024];
  var JIT_PIN_LOCKED = [2148532332, 0x0A000025];
  var JIT_SETUP = '<?xml version="1.0" encoding="utf-8"?><authinfo><liblist>' +
    '<lib type="CSP" version="1.0" dllname=""><algid val="SHA256" sm2_hashalg="SM3"/></lib></liblist></authinfo>';

  function jitAt(base, wait, setup) {
    var session = '';
    function post(url, text, time, done) { call('POST', url, text, 'text/plain;charset=UTF-8', time, done); }
    function run(name, values, done, time) {
      var message = name + ':' + (values ? JSON.stringify(values) : '');
      post(session, message, time || QUICK * 4, function (text) {
        var answer = parsed(text);
        done(answer && answer.value !== undefined ? answer.value : null);
      });
    }
    function reason(done) {
      run('GetLastError', null, function (value) {
        var number = Number(value);
        if (JIT_CANCELLED.indexOf(number) >= 0) return done({ code: 'cancelled' });
        if (JIT_NO_KEY.indexOf(number) >= 0) return done({ code: 'no_key' });
        if (JIT_PIN_WRONG.indexOf(number) >= 0) return done({ code: 'pin_wrong' });
        if (JIT_PIN_LOCKED.indexOf(number) >= 0) return done({ code: 'pin_locked' });
        if (number === 0 && value !== null) return done(null);
        run('GetLastErrorMessage', null, function (words) {
          done({ code: 'failed', detail: [words, value].filter(Boolean).join(' ') });
        });
      });
    }
    function initialise(done) {
      run('Initialize', { strAlgType: '', strAuxParam: setup || JIT_SETUP }, done);
    }
    function named(line) {
      var at = line.lastIndexOf(' ');
      var serial = line.slice(at + 1);
      var name = /(?:^|,)\s*CN=([^,]+)/i.exec(line.slice(0, at)) || /(?:^|,)\s*O=([^,]+)/i.exec(line.slice(0, at));
      return { id: serial, subject: name ? name[1].trim() : line.slice(0, at) };
    }
    return {
      list: function (done) {
        post(base, 'QueryService', wait, function (text) {
          session = (text || '').trim();
          if (!isLoopback(session)) return done({ code: 'none' });
          initialise(function () {
            run('GetCertList', null, function (value) {
              var lines = String(value || '').split(/\r?\n/).filter(Boolean);
              if (lines.length) return done(null, lines.map(named));
              reason(function (problem) {
                if (problem && problem.code === 'no_key') return done(problem);
                done(null, [{ id: '', subject: '' }]);   /* older ones cannot list: their own window will */
              });
            });
          });
        });
      },
      sign: function (certificate, text, done) {
        function begin() { initialise(certificate.id ? choose : single); }
        function choose() { run('AddFilter', { ulType: 1, strValue: certificate.id }, single); }
        function single() { run('SetChooseSingleCert', { isChoose: 1 }, sign); }
        function sign() {
          run('P7SignString', { strValue: text, isDetach: true, isIncludeCert: true }, function (signature) {
            reason(function (problem) {
              if (problem || !signature) return finish(problem || { code: 'failed' });
              run('GetSignCert', null, function (signer) {
                finish(null, { kind: 'p7', signature: signature, certificate: signer || '' });
              });
            });
          }, SLOW);
        }
        function finish(problem, result) { run('Finalize', null, function () { done(problem, result); }); }
        run('ClearFilter', null, begin);
      }
    };
  }

  /* BJCA XTXApp: JSON over a WebSocket; the PIN goes from this page straight to it, and nowhere else --------- */
  var SM2_CURVE = '\x06\x08\x2a\x81\x1c\xcf\x55\x01\x82\x2d';
  var SGD_SM3_SM2 = 0x00020201;
  var SGD_SHA256_RSA = 0x00010004;
  var ORG_CODE = '1.2.156.10260.4.1.4';

  function bjcaAt(address, wait) {
    var socket = null;
    var waiting = {};
    var count = 0;
    var token = '';
    function open(done) {
      if (socket && socket.readyState === 1) return done(true);
      try { socket = new WebSocket(address); } catch (error) { return done(false); }
      var timer = setTimeout(function () { answer(false); }, wait);
      function answer(isOpen) { clearTimeout(timer); if (done) done(isOpen); done = null; }
      socket.onopen = function () { answer(true); };
      socket.onclose = socket.onerror = function () {
        answer(false);
        Object.keys(waiting).forEach(function (id) { waiting[id](null); });
        waiting = {};
      };
      socket.onmessage = function (event) {
        var message = parsed(event.data) || {};
        if (!waiting[message.call_cmd_id]) return;      /* onUsbkeyChange and other news */
        if (message.token) token = message.token;
        var value = message.retVal !== undefined ? message.retVal : message.retValue;
        waiting[message.call_cmd_id](value === undefined ? null : value);
        delete waiting[message.call_cmd_id];
      };
    }
    function run(name, values, done) {
      var id = 'i_' + (count += 1);
      var message = { xtx_func_name: name, call_cmd_id: id, URL: location.href, param: values };
      values.forEach(function (value, i) { message['param_' + (i + 1)] = value; });
      if (token) message.token = token;
      waiting[id] = done;
      open(function (isOpen) {
        if (isOpen) return socket.send(JSON.stringify(message));
        delete waiting[id];
        done(null);
      });
    }
    function day(text) {
      var part = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)/.exec(text || '');
      return part ? part.slice(1, 4).join('-') + 'T' + part.slice(4, 7).join(':') : '';
    }
    function describe(id, name, done) {
      var found = { id: id, subject: name };
      run('SOF_ExportUserCert', [id], function (certificate) {
        found.certificate = (certificate || '').replace(/-----[^-]+-----|\s/g, '');
        run('SOF_GetCertInfo', [found.certificate, 11], function (from) {
          found.valid_from = day(from);
          run('SOF_GetCertInfo', [found.certificate, 12], function (until) {
            found.valid_until = day(until);
            run('SOF_GetCertInfoByOid', [found.certificate, ORG_CODE], function (code) {
              found.uscc = /^[0-9A-HJ-NPQRTUWXY]{18}$/.test(code || '') ? code : '';
              done(found);
            });
          });
        });
      });
    }
    function method(certificate) {
      try {
        return atob(certificate).indexOf(SM2_CURVE) >= 0 ? SGD_SM3_SM2 : SGD_SHA256_RSA;
      } catch (error) { return SGD_SM3_SM2; }
    }
    function isTrue(value) { return value === true || value === 'true'; }
    return {
      asksPin: true,
      list: function (done) {
        open(function (isOpen) {
          if (!isOpen) return done({ code: 'none' });
          run('SOF_GetUserList', [], function (value) {
            var users = String(value || '').split('&&&').filter(Boolean);
            var found = [];
            if (!users.length) return done({ code: 'no_key' });
            users.forEach(function (user, i) {
              var parts = user.split('||');
              describe(parts[1], parts[0], function (certificate) {
                found[i] = certificate;
                if (Object.keys(found).length === users.length) done(null, found);
              });
            });
          });
        });
      },
      sign: function (certificate, text, done) {
        run('SOF_Login', [certificate.id, certificate.pin], function (isOpen) {
          if (!isTrue(isOpen)) {
            return run('SOF_GetPinRetryCount', [certificate.id], function (value) {
              var tries = value === null || value === '' ? NaN : Number(value);
              if (tries === 0) return done({ code: 'pin_locked' });
              if (tries > 0) return done({ code: 'pin_wrong', tries: tries });
              done({ code: 'no_key' });
            });
          }
          run('SOF_SetSignMethod', [method(certificate.certificate)], function () {
            run('SOF_SignData', [certificate.id, text], function (signature) {
              if (signature) {
                return done(null, { kind: 'raw', signature: signature, certificate: certificate.certificate });
              }
              run('SOF_GetLastErrMsg', [], function (words) { done({ code: 'failed', detail: words }); });
            });
          });
        });
      }
    };
  }

  return { agentAt: agentAt, jitAt: jitAt, bjcaAt: bjcaAt, call: call, isLoopback: isLoopback };
})();
